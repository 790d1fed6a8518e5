package attachmentdb_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/firestore"
	"lastmile/shared/attachment"
	"lastmile/shared/attachment/attachmentdb"
	"lastmile/shared/docs"
	"lastmile/shared/files"
)

// world is a store on an emulator and two buckets, with a clock.
type world struct {
	*attachmentdb.Store
	private, public *files.Bucket
	now             time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	server, err := firestore.Start(firestore.Options{Indexes: []byte(`{"indexes":[],"fieldOverrides":[]}`)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	db, err := docs.Open(t.Context(), docs.Options{Project: "test", EmulatorHost: server.Addr(), Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	w := &world{now: time.Now()}
	o := files.Options{Base: "http://localhost/private", Key: []byte("key")}
	w.private, err = files.Open(t.Context(), "mem://", o)
	require.NoError(t, err)
	w.public, err = files.Open(t.Context(), "mem://", files.Options{Public: true, Base: "http://localhost/public"})
	require.NoError(t, err)
	w.Store = attachmentdb.New(db, w.private, w.public, func() time.Time { return w.now })
	return w
}

func picture(t *testing.T, width int) *bytes.Reader {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, width, 1))))
	return bytes.NewReader(b.Bytes())
}

func names(t *testing.T, b *files.Bucket) (all []string) {
	t.Helper()
	found, _, err := b.List(t.Context(), "", 100)
	require.NoError(t, err)
	for _, e := range found {
		all = append(all, e.Name)
	}
	return all
}

var rye = attachment.File{ID: "rye", Kind: attachment.ItemPicture, Owner: "shop:bakery", By: "catalog"}

func TestTheSameContentIsNoNewVersion(t *testing.T) {
	w := newWorld(t)
	first, err := w.Put(t.Context(), rye, picture(t, 3))
	require.NoError(t, err)
	again, err := w.Put(t.Context(), rye, picture(t, 3))
	require.NoError(t, err)
	require.Equal(t, first.Content.Object, again.Content.Object)
	require.Equal(t, 1, again.Version)
	other, err := w.Put(t.Context(), rye, picture(t, 4))
	require.NoError(t, err)
	require.Equal(t, 2, other.Version)
	require.Equal(t, []string{other.Content.Object}, names(t, w.public), "what was replaced is gone")
}

func TestReapDeletesWhatNoRecordNeedsAndNothingElse(t *testing.T) {
	w := newWorld(t)
	kept, err := w.Put(t.Context(), rye, picture(t, 3))
	require.NoError(t, err)
	put := func(b *files.Bucket, name string) {
		_, err := b.Write(t.Context(), name, strings.NewReader("x"), files.Content{Size: -1})
		require.NoError(t, err)
	}
	put(w.public, "item.picture/rye/7-lost.png")  // a version that never was
	put(w.public, "item.picture/gone/1-lost.png") // a record that is no more
	put(w.private, "incoming/rye/token/0")        // an upload that nobody confirmed
	put(w.private, "imports/2026/prices.csv")     // an operator's own
	_, err = w.Announce(t.Context(), attachment.File{ID: "new", Kind: attachment.ProofPhoto, Owner: "order:1"}, attachment.Upload{Size: 1, Sum: "AAAAAA=="})
	require.NoError(t, err)

	r := attachmentdb.NewReaper(w.Store, &entities{})
	n, err := r.Reap(t.Context())
	require.NoError(t, err)
	require.Zero(t, n, "they are young: a writer may be about to commit")
	w.now = w.now.Add(25 * time.Hour)
	n, err = r.Reap(t.Context())
	require.NoError(t, err)
	require.Equal(t, 3, n)
	require.Equal(t, []string{kept.Content.Object}, names(t, w.public))
	require.Equal(t, []string{"imports/2026/prices.csv"}, names(t, w.private))
	n, err = r.Reap(t.Context())
	require.NoError(t, err)
	require.Zero(t, n, "once a day is enough")
}

// entities need what they are told to, after they have done something.
type entities struct {
	ended map[attachment.ID]bool
	first func()
}

func (e *entities) Needs(_ context.Context, f attachment.File) (bool, error) {
	if e.first != nil {
		e.first()
	}
	return !e.ended[f.ID], nil
}

func TestWithItsEntityAFileGoes(t *testing.T) {
	w := newWorld(t)
	for _, id := range []attachment.ID{"ended", "kept"} {
		f := rye
		f.ID = id
		_, err := w.Put(t.Context(), f, picture(t, 3))
		require.NoError(t, err)
	}
	e := &entities{ended: map[attachment.ID]bool{"ended": true}}
	r := attachmentdb.NewReaper(w.Store, e)
	n, err := r.Reap(t.Context())
	require.NoError(t, err)
	require.Zero(t, n, "it is young: its entity may be about to come")
	w.now = w.now.Add(25 * time.Hour)
	n, err = r.Reap(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, n)
	found, err := w.Visible(t.Context(), "ended", "kept")
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, []string{found["kept"].Content.Object}, names(t, w.public))
}

func TestAFileThatIsAskedForWhileItEndsStays(t *testing.T) {
	w := newWorld(t)
	f, err := w.Put(t.Context(), rye, picture(t, 3))
	require.NoError(t, err)
	w.now = w.now.Add(25 * time.Hour)
	e := &entities{ended: map[attachment.ID]bool{rye.ID: true}, first: func() {
		f.Source = &attachment.Source{Checked: w.now}
		require.NoError(t, w.Note(t.Context(), f))
	}}
	n, err := attachmentdb.NewReaper(w.Store, e).Reap(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
	require.Equal(t, []string{f.Content.Object}, names(t, w.public))
}

func TestAFileThatComesBackHasAnotherName(t *testing.T) {
	w := newWorld(t)
	first, err := w.Put(t.Context(), rye, picture(t, 3))
	require.NoError(t, err)
	require.NoError(t, w.Delete(t.Context(), rye.ID))
	w.now = w.now.Add(time.Second)
	again, err := w.Put(t.Context(), rye, picture(t, 3))
	require.NoError(t, err)
	require.NotEqual(t, first.Content.Object, again.Content.Object, "who is late to delete the first must not delete this")
}

func TestEveryRecordIsWalkedThrough(t *testing.T) {
	w := newWorld(t)
	const n = 501 // more than a step
	ended := map[attachment.ID]bool{}
	for i := range n {
		f := rye
		f.ID = attachment.ID(fmt.Sprint("f", i))
		f.Source, ended[f.ID] = &attachment.Source{Fault: "no picture"}, true
		require.NoError(t, w.Note(t.Context(), f))
	}
	w.now = w.now.Add(25 * time.Hour)
	r := attachmentdb.NewReaper(w.Store, &entities{ended: ended})
	first, err := r.Reap(t.Context())
	require.NoError(t, err)
	rest, err := r.Reap(t.Context())
	require.NoError(t, err)
	require.Equal(t, []int{500, 1}, []int{first, rest})
}

func TestARecordIsSeenUntilItExpires(t *testing.T) {
	w := newWorld(t)
	f, err := w.Put(t.Context(), attachment.File{ID: "p", Kind: attachment.ProofPhoto, Owner: "order:1"}, picture(t, 3))
	require.NoError(t, err)
	require.True(t, f.Visible(w.now))
	w.now = w.now.Add(181 * 24 * time.Hour)
	found, err := w.Visible(t.Context(), "p")
	require.NoError(t, err)
	require.Empty(t, found)
}
