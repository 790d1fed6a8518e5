package storage

import (
	"io"
	"net/http"
	"strings"

	raw "google.golang.org/api/storage/v1"
)

// write streams content into a new object.
func (s *Server) write(bucketName string, meta *raw.Object, content io.Reader, c conditions) (*raw.Object, error) {
	return s.writeChecked(bucketName, meta, content, sums{}, c)
}

// writeChecked streams content into a new object whose sums must be want, or
// those in meta.
func (s *Server) writeChecked(bucketName string, meta *raw.Object, content io.Reader, want sums, c conditions) (*raw.Object, error) {
	if err := checkObject(meta); err != nil {
		return nil, err
	}
	d, err := s.blobs.draft()
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(d, content); err != nil {
		d.drop()
		return nil, err
	}
	return s.commit(bucketName, meta, d, want, c)
}

// commit makes an object of a draft, which is used up, unless its sums are not
// the wanted ones. Sums in meta are wanted, too.
func (s *Server) commit(bucketName string, meta *raw.Object, d *draft, want sums, c conditions) (*raw.Object, error) {
	got := d.sums()
	for _, wanted := range []sums{want, {crc32c: meta.Crc32c, md5: meta.Md5Hash}} {
		if err := got.check(wanted); err != nil {
			d.drop()
			return nil, err
		}
	}
	meta.Size, meta.Crc32c, meta.Md5Hash = uint64(d.size), got.crc32c, got.md5
	if meta.ComponentCount > 0 {
		meta.Md5Hash = ""
	}
	if meta.ContentType == "" {
		meta.ContentType = "application/octet-stream"
	}
	content, err := d.keep()
	if err != nil {
		d.drop()
		return nil, err
	}
	made, err := s.index.put(bucketName, meta, content, c)
	if err != nil {
		s.blobs.remove(content)
	}
	return made, err
}

// check holds the sums of the bytes against those that the writer announced.
func (got sums) check(want sums) error {
	if want.crc32c != "" && want.crc32c != got.crc32c {
		return invalid("Provided CRC32C %q doesn't match calculated CRC32C %q.", want.crc32c, got.crc32c)
	}
	if want.md5 != "" && want.md5 != got.md5 {
		return invalid("Provided MD5 hash %q doesn't match calculated MD5 hash %q.", want.md5, got.md5)
	}
	return nil
}

// announced are the sums in the headers of a request.
func announced(h http.Header) sums {
	want := sums{md5: h.Get("Content-MD5")}
	for _, line := range h.Values("X-Goog-Hash") {
		for part := range strings.SplitSeq(line, ",") {
			switch kind, sum, _ := strings.Cut(strings.TrimSpace(part), "="); kind {
			case "crc32c":
				want.crc32c = sum
			case "md5":
				want.md5 = sum
			}
		}
	}
	return want
}
