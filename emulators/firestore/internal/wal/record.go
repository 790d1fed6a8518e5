package wal

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"google.golang.org/protobuf/encoding/protowire"
)

// A record is a length, a checksum, and documents as one message: a Firestore
// ListDocumentsResponse.
const (
	headerSize     = 8
	documentsField = 1
)

// maxRecord is far above what a commit of 10 MiB can become.
const maxRecord = 1 << 30

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errTorn marks a record that is incomplete or damaged.
var errTorn = errors.New("wal: torn record")

func encode(docs [][]byte) []byte {
	data := make([]byte, headerSize)
	for _, doc := range docs {
		data = protowire.AppendTag(data, documentsField, protowire.BytesType)
		data = protowire.AppendBytes(data, doc)
	}
	body := data[headerSize:]
	binary.LittleEndian.PutUint32(data, uint32(len(body)))
	binary.LittleEndian.PutUint32(data[4:], crc32.Checksum(body, castagnoli))
	return data
}

// decode divides a record's body into its documents.
func decode(body []byte) (docs [][]byte, err error) {
	for len(body) > 0 {
		field, kind, n := protowire.ConsumeTag(body)
		if n < 0 || field != documentsField || kind != protowire.BytesType {
			return nil, errTorn
		}
		doc, m := protowire.ConsumeBytes(body[n:])
		if m < 0 {
			return nil, errTorn
		}
		docs = append(docs, bytes.Clone(doc))
		body = body[n+m:]
	}
	return docs, nil
}

// read returns the next record; io.EOF at a clean end.
func read(r io.Reader) (docs [][]byte, size int, err error) {
	var header [headerSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, 0, io.EOF
		}
		return nil, 0, errTorn
	}
	n := binary.LittleEndian.Uint32(header[:])
	if n > maxRecord {
		return nil, 0, errTorn
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil || crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(header[4:]) {
		return nil, 0, errTorn
	}
	docs, err = decode(body)
	return docs, headerSize + int(n), err
}

// replayFile restores a file's records and returns the length of the intact
// part, with errTorn if there is more.
func replayFile(path string, restore func([][]byte) error) (size int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("replay log: %w", err)
	}
	defer func() { _ = f.Close() }()
	r := bufio.NewReaderSize(f, 1<<20)
	for {
		docs, n, err := read(r)
		if errors.Is(err, io.EOF) {
			return size, nil
		}
		if err != nil {
			return size, err
		}
		if err := restore(docs); err != nil {
			return size, fmt.Errorf("replay %s: %w", path, err)
		}
		size += n
	}
}
