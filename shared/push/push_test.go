package push_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/firestore"
	"lastmile/shared/docs"
	"lastmile/shared/push"
	"lastmile/shared/realtime"
)

var (
	noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	ada  = realtime.Client("courier", "ada")
	bob  = realtime.Client("courier", "bob")
)

// world is a Pusher with a clock, and the Driver that it sends by.
type world struct {
	*push.Pusher
	now    time.Time
	sent   []string         // token and text of each
	broken map[string]error // by token
}

func (w *world) Send(_ context.Context, to push.Device, _ string, n realtime.Notice) error {
	if err := w.broken[string(to.Token)]; err != nil {
		return err
	}
	w.sent = append(w.sent, string(to.Token)+" "+n.Text)
	return nil
}

func newWorld(t *testing.T) *world {
	t.Helper()
	server, err := firestore.Start(firestore.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	db, err := docs.Open(t.Context(), docs.Options{Project: "test", EmulatorHost: server.Addr()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	w := &world{now: noon, broken: map[string]error{}}
	w.Pusher = push.New(db, w, func() time.Time { return w.now })
	return w
}

func (w *world) register(t *testing.T, client realtime.Audience, token string) push.Device {
	t.Helper()
	d, err := w.Register(t.Context(), client, token, "android")
	require.NoError(t, err)
	return d
}

func (w *world) tokens(t *testing.T, client realtime.Audience) (tokens []string) {
	t.Helper()
	devices, err := w.Devices(t.Context(), client)
	require.NoError(t, err)
	for _, d := range devices {
		tokens = append(tokens, string(d.Token))
	}
	return tokens
}

// record is what is known of the last push.
func (w *world) record(t *testing.T) push.Record {
	t.Helper()
	found, err := w.List(t.Context(), ada, time.Time{}, 1)
	require.NoError(t, err)
	require.Len(t, found, 1)
	return found[0]
}

func offer(n int) realtime.Notice {
	return realtime.Notice{ID: fmt.Sprint("courier:ada/e/", n), Client: ada, Kind: "offer.made", Text: fmt.Sprint("offer ", n), Until: noon.Add(time.Minute)}
}

func TestANoticeReachesEveryDeviceOnce(t *testing.T) {
	w := newWorld(t)
	w.register(t, ada, "phone")
	w.now = w.now.Add(time.Second)
	w.register(t, ada, "tablet")
	w.register(t, bob, "another's")
	for range 3 {
		require.NoError(t, w.Push(t.Context(), offer(1)))
	}
	require.Equal(t, []string{"tablet offer 1", "phone offer 1"}, w.sent)
	r := w.record(t)
	require.Equal(t, push.Sent, r.Outcome)
	require.Len(t, r.Devices, 2)
	require.NoError(t, w.Push(t.Context(), offer(2)))
	require.Len(t, w.sent, 4)
}

func TestADeviceThatFailedIsTriedAgainAndTheOthersAreNot(t *testing.T) {
	w := newWorld(t)
	w.register(t, ada, "phone")
	w.register(t, ada, "tablet")
	w.broken["phone"] = errors.New("no network")
	require.ErrorContains(t, w.Push(t.Context(), offer(1)), "no network")
	require.Equal(t, push.Failed, w.record(t).Outcome)
	require.Contains(t, w.record(t).Cause, "no network")
	delete(w.broken, "phone")
	require.NoError(t, w.Push(t.Context(), offer(1)))
	require.Equal(t, []string{"tablet offer 1", "phone offer 1"}, w.sent)
	require.Equal(t, push.Sent, w.record(t).Outcome)
}

func TestADeviceThatIsGoneIsForgotten(t *testing.T) {
	w := newWorld(t)
	w.register(t, ada, "phone")
	w.broken["phone"] = fmt.Errorf("%w: 404", push.ErrGone)
	require.NoError(t, w.Push(t.Context(), offer(1)))
	require.Equal(t, push.NoDevice, w.record(t).Outcome)
	require.Empty(t, w.tokens(t, ada))
}

func TestWhatIsOfNoUseIsNotSent(t *testing.T) {
	w := newWorld(t)
	w.register(t, ada, "phone")
	w.broken["phone"] = errors.New("no network")
	require.Error(t, w.Push(t.Context(), offer(1)))
	delete(w.broken, "phone")
	w.now = noon.Add(2 * time.Minute)
	require.NoError(t, w.Push(t.Context(), offer(1)))
	require.Empty(t, w.sent)
	require.Equal(t, push.Late, w.record(t).Outcome)
}

func TestDevices(t *testing.T) {
	w := newWorld(t)
	phone := w.register(t, ada, "phone")
	require.NotContains(t, phone.ID, "phone", "the id does not tell the token")
	require.NotContains(t, fmt.Sprintf("%v %+v", phone, phone), "phone", "a device may be printed")
	require.Equal(t, phone.ID, w.register(t, ada, "phone").ID, "the same device")
	require.Equal(t, []string{"phone"}, w.tokens(t, ada))

	w.register(t, bob, "phone")
	require.Empty(t, w.tokens(t, ada), "whoever signed in last has it")
	removed, err := w.Remove(t.Context(), ada, phone.ID)
	require.NoError(t, err)
	require.False(t, removed, "it is another's")
	removed, err = w.Remove(t.Context(), bob, phone.ID)
	require.NoError(t, err)
	require.True(t, removed)

	for i := range 12 {
		w.now = w.now.Add(time.Second)
		w.register(t, ada, fmt.Sprint("d", i))
	}
	tokens := w.tokens(t, ada)
	require.Len(t, tokens, 10)
	require.Equal(t, "d11", tokens[0])
	require.Equal(t, "d2", tokens[9], "those not seen for longest are gone")
	w.now = w.now.Add(61 * 24 * time.Hour)
	require.Empty(t, w.tokens(t, ada), "the app is not used any more")

	_, err = w.Register(t.Context(), ada, "", "ios")
	require.ErrorIs(t, err, push.ErrInvalid)
}

func TestRecordsAreListedNewestFirst(t *testing.T) {
	w := newWorld(t)
	for i := range 3 {
		w.now = w.now.Add(time.Second)
		require.NoError(t, w.Push(t.Context(), offer(i)))
	}
	found, err := w.List(t.Context(), "", w.now, 10)
	require.NoError(t, err)
	require.Len(t, found, 2)
	require.Equal(t, "offer 1", found[0].Text)
	found, err = w.List(t.Context(), bob, time.Time{}, 10)
	require.NoError(t, err)
	require.Empty(t, found)
}
