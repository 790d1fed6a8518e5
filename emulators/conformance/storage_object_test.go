package conformance_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	gcs "cloud.google.com/go/storage"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/googleapi"
)

func storageObjectCases() []storageCase {
	return []storageCase{
		{name: "what was written is read, with its sums", run: func(t *testing.T, _ storageEngine, b *gcs.BucketHandle) {
			attrs := storageWrite(t, b.Object("a"), "123456789")
			require.EqualValues(t, 9, attrs.Size)
			require.EqualValues(t, 0xe3069283, attrs.CRC32C, "the check value of CRC-32C")
			require.Equal(t, "25f9e794323b453885f5181f1b624d0b", fmt.Sprintf("%x", attrs.MD5))
			require.Equal(t, "123456789", storageRead(t, b.Object("a")))
		}},
		{name: "names may hold anything but line breaks", run: func(t *testing.T, _ storageEngine, b *gcs.BucketHandle) {
			for _, name := range []string{"a b", "a/b//c", "../up", "ünï/漢", "100%25", "q?x=1&y#z", "a+b", "dir/"} {
				storageWrite(t, b.Object(name), name)
				require.Equal(t, name, storageRead(t, b.Object(name)))
				attrs, err := b.Object(name).Attrs(t.Context())
				require.NoError(t, err)
				require.Equal(t, name, attrs.Name)
			}
		}},
		{name: "a range is read", run: func(t *testing.T, _ storageEngine, b *gcs.BucketHandle) {
			storageWrite(t, b.Object("a"), "0123456789")
			for _, tc := range []struct {
				offset, length int64
				want           string
			}{{2, 3, "234"}, {5, -1, "56789"}, {-3, -1, "789"}, {0, 100, "0123456789"}} {
				r, err := b.Object("a").NewRangeReader(t.Context(), tc.offset, tc.length)
				require.NoError(t, err)
				got, err := io.ReadAll(r)
				require.NoError(t, err)
				require.NoError(t, r.Close())
				require.Equal(t, tc.want, string(got))
				require.EqualValues(t, 10, r.Attrs.Size)
			}
			_, err := b.Object("a").NewRangeReader(t.Context(), 10, 1)
			require.Equal(t, http.StatusRequestedRangeNotSatisfiable, storageStatus(err))
		}},
		{name: "the JSON way of reading is the same", run: func(t *testing.T, e storageEngine, b *gcs.BucketHandle) {
			storageWrite(t, b.Object("a/b"), "0123456789")
			resp, body := storageCall(t, "GET", e.url+"/storage/v1/b/"+b.BucketName()+"/o/a%2Fb?alt=media", "", "Range", "bytes=2-4", "X-Goog-Api-Client", "test")
			require.Equal(t, http.StatusPartialContent, resp.StatusCode)
			require.Equal(t, "234", body)
			require.Equal(t, "bytes 2-4/10", resp.Header.Get("Content-Range"))
		}},
		{name: "an empty object is an object", run: func(t *testing.T, _ storageEngine, b *gcs.BucketHandle) {
			storageWrite(t, b.Object("empty"), "")
			require.Empty(t, storageRead(t, b.Object("empty")))
		}},
		{name: "an object that is not there is said not to exist", run: func(t *testing.T, _ storageEngine, b *gcs.BucketHandle) {
			_, err := b.Object("none").NewReader(t.Context())
			require.ErrorIs(t, err, gcs.ErrObjectNotExist)
			_, err = b.Object("none").Attrs(t.Context())
			require.ErrorIs(t, err, gcs.ErrObjectNotExist)
			require.ErrorIs(t, b.Object("none").Delete(t.Context()), gcs.ErrObjectNotExist)
		}},
		{name: "attributes are kept and come with the content", run: func(t *testing.T, _ storageEngine, b *gcs.BucketHandle) {
			w := b.Object("a").NewWriter(t.Context())
			w.ContentType, w.CacheControl, w.Metadata = "image/png", "public, max-age=60", map[string]string{"owner": "me"}
			require.NoError(t, w.Close())
			r, err := b.Object("a").NewReader(t.Context())
			require.NoError(t, err)
			require.NoError(t, r.Close())
			require.Equal(t, "image/png", r.Attrs.ContentType)
			require.Equal(t, "public, max-age=60", r.Attrs.CacheControl)
			attrs, err := b.Object("a").Attrs(t.Context())
			require.NoError(t, err)
			require.Equal(t, "me", attrs.Metadata["owner"])
		}},
		{name: "attributes change without a new generation", run: func(t *testing.T, _ storageEngine, b *gcs.BucketHandle) {
			before := storageWrite(t, b.Object("a"), "x")
			after, err := b.Object("a").Update(t.Context(), gcs.ObjectAttrsToUpdate{ContentType: "text/css", Metadata: map[string]string{"k": "v"}})
			require.NoError(t, err)
			require.Equal(t, "text/css", after.ContentType)
			require.Equal(t, "v", after.Metadata["k"])
			require.Equal(t, before.Generation, after.Generation)
			require.EqualValues(t, 2, after.Metageneration)
			require.Equal(t, "x", storageRead(t, b.Object("a")))
		}},
		{name: "a copy takes content and attributes along", run: func(t *testing.T, e storageEngine, b *gcs.BucketHandle) {
			w := b.Object("a/from").NewWriter(t.Context())
			w.ContentType = "text/css"
			_, err := io.WriteString(w, "content")
			require.NoError(t, err)
			require.NoError(t, w.Close())
			other := e.bucket(t)
			attrs, err := other.Object("b/to").CopierFrom(b.Object("a/from")).Run(t.Context())
			require.NoError(t, err)
			require.Equal(t, "text/css", attrs.ContentType)
			require.Equal(t, "content", storageRead(t, other.Object("b/to")))
			_, err = other.Object("x").CopierFrom(b.Object("none")).Run(t.Context())
			require.Error(t, err)
		}},
		{name: "objects are composed in the order given", run: func(t *testing.T, _ storageEngine, b *gcs.BucketHandle) {
			storageWrite(t, b.Object("1"), "1234")
			storageWrite(t, b.Object("2"), "56789")
			attrs, err := b.Object("whole").ComposerFrom(b.Object("1"), b.Object("2")).Run(t.Context())
			require.NoError(t, err)
			require.EqualValues(t, 0xe3069283, attrs.CRC32C)
			require.Empty(t, attrs.MD5)
			require.EqualValues(t, 2, attrs.ComponentCount)
			require.Equal(t, "123456789", storageRead(t, b.Object("whole")))
			_, err = b.Object("whole").ComposerFrom(b.Object("1"), b.Object("none")).Run(t.Context())
			require.Error(t, err)
			require.Equal(t, "123456789", storageRead(t, b.Object("whole")), "a failure changes nothing")
		}},
	}
}

func storageConditionCases() []storageCase {
	return []storageCase{
		{name: "an object is created once", run: func(t *testing.T, _ storageEngine, b *gcs.BucketHandle) {
			once := b.Object("a").If(gcs.Conditions{DoesNotExist: true})
			storageWrite(t, once, "first")
			w := once.NewWriter(t.Context())
			_, err := io.WriteString(w, "second")
			require.NoError(t, err)
			require.Equal(t, http.StatusPreconditionFailed, storageStatus(w.Close()))
			require.Equal(t, "first", storageRead(t, b.Object("a")))
		}},
		{name: "of many creators one wins", run: func(t *testing.T, _ storageEngine, b *gcs.BucketHandle) {
			var won, lost atomic.Int64
			var wg sync.WaitGroup
			for i := range 8 {
				wg.Go(func() {
					w := b.Object("a").If(gcs.Conditions{DoesNotExist: true}).NewWriter(t.Context())
					_, _ = fmt.Fprint(w, i)
					switch err := w.Close(); {
					case err == nil:
						won.Add(1)
					case storageStatus(err) == http.StatusPreconditionFailed:
						lost.Add(1)
					}
				})
			}
			wg.Wait()
			require.EqualValues(t, 1, won.Load())
			require.EqualValues(t, 7, lost.Load())
		}},
		{name: "an overwrite may demand a generation", run: func(t *testing.T, _ storageEngine, b *gcs.BucketHandle) {
			first := storageWrite(t, b.Object("a"), "1")
			second := storageWrite(t, b.Object("a").If(gcs.Conditions{GenerationMatch: first.Generation}), "2")
			require.Greater(t, second.Generation, first.Generation)
			w := b.Object("a").If(gcs.Conditions{GenerationMatch: first.Generation}).NewWriter(t.Context())
			require.Equal(t, http.StatusPreconditionFailed, storageStatus(w.Close()))
			err := b.Object("a").If(gcs.Conditions{GenerationMatch: first.Generation}).Delete(t.Context())
			require.Equal(t, http.StatusPreconditionFailed, storageStatus(err))
			require.NoError(t, b.Object("a").If(gcs.Conditions{GenerationMatch: second.Generation}).Delete(t.Context()))
		}},
		{name: "a change of attributes may demand a metageneration", run: func(t *testing.T, _ storageEngine, b *gcs.BucketHandle) {
			storageWrite(t, b.Object("a"), "1")
			change := gcs.ObjectAttrsToUpdate{ContentType: "text/css"}
			_, err := b.Object("a").If(gcs.Conditions{MetagenerationMatch: 1}).Update(t.Context(), change)
			require.NoError(t, err)
			_, err = b.Object("a").If(gcs.Conditions{MetagenerationMatch: 1}).Update(t.Context(), change)
			require.Equal(t, http.StatusPreconditionFailed, storageStatus(err))
		}},
		{name: "an old generation is gone", run: func(t *testing.T, _ storageEngine, b *gcs.BucketHandle) {
			old := storageWrite(t, b.Object("a"), "1")
			storageWrite(t, b.Object("a"), "2")
			_, err := b.Object("a").Generation(old.Generation).NewReader(t.Context())
			require.ErrorIs(t, err, gcs.ErrObjectNotExist)
		}},
		{name: "a read of what the reader knows is not modified", run: func(t *testing.T, _ storageEngine, b *gcs.BucketHandle) {
			attrs := storageWrite(t, b.Object("a"), "1")
			_, err := b.Object("a").If(gcs.Conditions{GenerationNotMatch: attrs.Generation}).Attrs(t.Context())
			require.Equal(t, http.StatusNotModified, storageStatus(err))
		}},
	}
}

func storageUploadCases() []storageCase {
	return []storageCase{
		{name: "a wrong CRC32C is refused in one shot and nothing is kept", run: func(t *testing.T, _ storageEngine, b *gcs.BucketHandle) {
			w := b.Object("a").NewWriter(t.Context())
			w.ChunkSize, w.CRC32C, w.SendCRC32C = 0, 1, true
			_, err := io.WriteString(w, "content")
			require.NoError(t, err)
			require.Equal(t, http.StatusBadRequest, storageStatus(w.Close()))
			_, err = b.Object("a").Attrs(t.Context())
			require.ErrorIs(t, err, gcs.ErrObjectNotExist)
		}},
		{name: "a wrong CRC32C is refused in a resumable upload and nothing is kept", run: func(t *testing.T, _ storageEngine, b *gcs.BucketHandle) {
			w := b.Object("a").NewWriter(t.Context())
			w.ChunkSize, w.CRC32C, w.SendCRC32C = googleapi.MinUploadChunkSize, 1, true
			_, err := io.WriteString(w, strings.Repeat("x", 3*googleapi.MinUploadChunkSize+7))
			require.NoError(t, err)
			require.Equal(t, http.StatusBadRequest, storageStatus(w.Close()))
			_, err = b.Object("a").Attrs(t.Context())
			require.ErrorIs(t, err, gcs.ErrObjectNotExist)
		}},
		{name: "a wrong MD5 is refused", run: func(t *testing.T, _ storageEngine, b *gcs.BucketHandle) {
			w := b.Object("a").NewWriter(t.Context())
			w.MD5 = make([]byte, 16)
			_, err := io.WriteString(w, "content")
			require.NoError(t, err)
			require.Equal(t, http.StatusBadRequest, storageStatus(w.Close()))
		}},
		{name: "a refused overwrite leaves the old content", run: func(t *testing.T, _ storageEngine, b *gcs.BucketHandle) {
			storageWrite(t, b.Object("a"), "old")
			w := b.Object("a").NewWriter(t.Context())
			w.CRC32C, w.SendCRC32C = 1, true
			_, err := io.WriteString(w, "new")
			require.NoError(t, err)
			require.Error(t, w.Close())
			require.Equal(t, "old", storageRead(t, b.Object("a")))
		}},
		{name: "an upload in chunks is whole", run: func(t *testing.T, _ storageEngine, b *gcs.BucketHandle) {
			content := strings.Repeat("0123456789abcdef", 50_000)
			w := b.Object("a").NewWriter(t.Context())
			w.ChunkSize = googleapi.MinUploadChunkSize
			_, err := io.WriteString(w, content)
			require.NoError(t, err)
			require.NoError(t, w.Close())
			require.Equal(t, content, storageRead(t, b.Object("a")))
		}},
		{name: "an upload to a bucket that is not there fails", run: func(t *testing.T, e storageEngine, _ *gcs.BucketHandle) {
			w := e.client.Bucket("missing-bucket").Object("a").NewWriter(t.Context())
			require.Equal(t, http.StatusNotFound, storageStatus(w.Close()))
		}},
	}
}
