package picture_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/png"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/firestore"
	"lastmile/functions/picture"
	"lastmile/shared/attachment"
	"lastmile/shared/attachment/attachmentdb"
	"lastmile/shared/catalog/cataloghttp"
	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/files"
)

// small is a picture.
func small(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 4, 4))))
	return b.Bytes()
}

// claiming is a picture whose header claims to be of some pixels a side.
func claiming(t *testing.T, side uint32) []byte {
	t.Helper()
	const kind, width, height, sum = 12, 16, 20, 29
	b := small(t)
	binary.BigEndian.PutUint32(b[width:], side)
	binary.BigEndian.PutUint32(b[height:], side)
	binary.BigEndian.PutUint32(b[sum:], crc32.ChecksumIEEE(b[kind:sum]))
	return b
}

const huge = 64 << 20

// TestWhatASourceMustNotSend has real servers send what is no picture to keep.
// All of it is noted, and none of it kept.
func TestWhatASourceMustNotSend(t *testing.T) {
	var sent int
	for name, send := range map[string]http.HandlerFunc{
		"more than a picture may have": func(w http.ResponseWriter, _ *http.Request) {
			_, err := w.Write(small(t))
			for block := make([]byte, 1<<20); err == nil && sent < huge; sent += len(block) {
				_, err = w.Write(block)
			}
		},
		"a bomb": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			zip := gzip.NewWriter(w)
			_, _ = zip.Write(small(t))
			_, _ = zip.Write(make([]byte, huge))
			_ = zip.Close()
		},
		"a picture that would fill the memory": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(claiming(t, 60_000)) },
		"a page": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "image/png")
			_, _ = w.Write([]byte("<html><script>alert(1)</script></html>"))
		},
		"nothing": func(http.ResponseWriter, *http.Request) {},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(send)
			defer srv.Close()
			store, public := shelves(t)
			sources := cataloghttp.New(cataloghttp.Options{AllowPrivate: true})
			defer sources.Close()
			e := event.ItemPicture{Shop: "bakery", Source: srv.URL + "/x.png"}
			require.NoError(t, picture.New(sources, store, time.Now).Handle(t.Context(), e))
			file, err := store.Find(t.Context(), attachment.PictureOf(e.Shop, e.Source))
			require.NoError(t, err)
			require.NotEmpty(t, file.Source.Fault)
			require.Zero(t, file.Version)
			kept, _, err := public.List(t.Context(), "", 10)
			require.NoError(t, err)
			require.Empty(t, kept)
		})
	}
	require.Less(t, sent, huge, "it was not listened to the end")
}

// shelves are a real store of files, and its public bucket.
func shelves(t *testing.T) (*attachmentdb.Store, *files.Bucket) {
	t.Helper()
	server, err := firestore.Start(firestore.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	db, err := docs.Open(t.Context(), docs.Options{Project: "test", EmulatorHost: server.Addr(), Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	private, err := files.Open(t.Context(), "mem://", files.Options{})
	require.NoError(t, err)
	public, err := files.Open(t.Context(), "mem://", files.Options{Public: true, Base: "http://localhost/public"})
	require.NoError(t, err)
	return attachmentdb.New(db, private, public, time.Now), public
}
