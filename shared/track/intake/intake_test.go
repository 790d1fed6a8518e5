package intake_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"lastmile/emulators/redis"
	"lastmile/shared/event"
	"lastmile/shared/geo"
	"lastmile/shared/track"
	"lastmile/shared/track/intake"
	"lastmile/shared/track/trackredis"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// at is a fix some seconds after noon and some metres north of Austin's capitol.
func at(courier track.CourierID, second int, north float64) track.Fix {
	f := track.Fix{
		Courier: courier, At: noon.Add(time.Duration(second) * time.Second), Seq: int64(second),
		Point: geo.Point{Lat: 30.2747 + north/111_195, Lng: -97.7404},
	}
	return f.Rounded()
}

// watchers remember what they were told.
type watchers struct {
	mu   sync.Mutex
	told []track.Fix
	err  error
}

func (w *watchers) Broadcast(_ context.Context, fixes ...track.Fix) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, fixes...)
	return w.err
}

// sink is a bus that can be down.
type sink struct {
	mu     sync.Mutex
	down   error
	events []*event.LocationBatch
}

func (s *sink) Publish(_ context.Context, events ...event.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down != nil {
		return s.down
	}
	for _, e := range events {
		s.events = append(s.events, e.(*event.LocationBatch))
	}
	return nil
}

// couriers are those whose positions were published.
func (s *sink) couriers() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, e := range s.events {
		for _, p := range e.Positions {
			all = append(all, p.Courier)
		}
	}
	s.events = nil
	return all
}

// bench is an Intake and what is around it.
type bench struct {
	*intake.Intake
	store    *trackredis.Store
	flush    *intake.Flush
	watchers *watchers
	sink     *sink
	now      time.Time
	log      *strings.Builder
}

func open(t *testing.T) *bench {
	srv, err := redis.Start(redis.Options{Server: redis.Embedded})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	client := goredis.NewClient(&goredis.Options{Addr: srv.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	b := &bench{store: trackredis.New(client, trackredis.Options{}), watchers: &watchers{}, sink: &sink{}, now: noon, log: &strings.Builder{}}
	b.flush = intake.NewFlush(b.store, b.sink)
	b.Intake = intake.New(b.store, b.flush, intake.Options{
		Broadcaster: b.watchers, Now: func() time.Time { return b.now }, Log: slog.New(slog.NewTextHandler(b.log, nil)),
	})
	return b
}

func (b *bench) newest(t *testing.T, courier track.CourierID) track.Fix {
	fixes, err := b.store.Newest(t.Context(), courier)
	require.NoError(t, err)
	require.Len(t, fixes, 1)
	return fixes[0]
}

func TestEveryRefusalNamesTheFixAndTheReason(t *testing.T) {
	b := open(t)
	ahead, nowhere := at("ada", 3600, 0), at("ada", 2, 0)
	nowhere.Lat = 95
	receipt, err := b.Accept(t.Context(), at("ada", 0, 0), ahead, at("b/b", 1, 0), at("ada", 1, 10), nowhere, at("ada", 2, 90_000))
	require.NoError(t, err)
	require.Equal(t, 2, receipt.Accepted)
	reasons := map[int]track.Reason{}
	for _, r := range receipt.Refused {
		reasons[r.Index] = r.Reason.Reason
	}
	require.Equal(t, map[int]track.Reason{1: track.Future, 2: track.BadName, 4: track.Range, 5: track.TooFast}, reasons)
	require.Equal(t, at("ada", 1, 10), b.newest(t, "ada"))

	receipt, err = b.Accept(t.Context(), at("ada", 3, 20))
	require.NoError(t, err)
	require.Equal(t, intake.Receipt{Accepted: 1}, receipt, "what was refused blocks nobody")

	_, err = b.Accept(t.Context(), make([]track.Fix, intake.MaxFixes+1)...)
	require.ErrorIs(t, err, intake.ErrTooMany)
	receipt, err = b.Accept(t.Context())
	require.NoError(t, err)
	require.Zero(t, receipt)
}

func TestAnotherInstanceKnowsWhereACourierWas(t *testing.T) {
	b := open(t)
	_, err := b.Accept(t.Context(), at("ada", 0, 0))
	require.NoError(t, err)
	other := intake.New(b.store, b.flush, intake.Options{Now: func() time.Time { return noon }})
	receipt, err := other.Accept(t.Context(), at("ada", 1, 90_000))
	require.NoError(t, err)
	require.Len(t, receipt.Refused, 1)
	receipt, err = other.Accept(t.Context(), at("ada", 2, 90_010))
	require.NoError(t, err)
	require.Empty(t, receipt.Refused, "two that agree are believed")
}

func TestACourierThatWasForgottenIsAskedFor(t *testing.T) {
	b := open(t)
	small := intake.New(b.store, b.flush, intake.Options{Couriers: 2, Now: func() time.Time { return noon }})
	for n := range 20 {
		_, err := small.Accept(t.Context(), at(track.CourierID(fmt.Sprint("c", n)), 0, 0))
		require.NoError(t, err)
	}
	for n := range 20 {
		receipt, err := small.Accept(t.Context(), at(track.CourierID(fmt.Sprint("c", n)), 1, 90_000))
		require.NoError(t, err)
		require.Len(t, receipt.Refused, 1)
	}
}

func TestWatchersAreToldOnlyWhatIsNew(t *testing.T) {
	b := open(t)
	tests := []struct {
		name  string
		fixes []track.Fix
		told  []track.Fix
	}{
		{"a first fix", []track.Fix{at("ada", 5, 0)}, []track.Fix{at("ada", 5, 0)}},
		{"a repeat", []track.Fix{at("ada", 5, 0)}, nil},
		{"a late one", []track.Fix{at("ada", 4, 0)}, nil},
		{"the last of a batch", []track.Fix{at("ada", 6, 1), at("ada", 8, 3), at("ada", 7, 2)}, []track.Fix{at("ada", 8, 3)}},
		{"a refused one", []track.Fix{at("ada", 9, 90_000)}, nil},
	}
	for _, test := range tests {
		_, err := b.Accept(t.Context(), test.fixes...)
		require.NoError(t, err)
		require.Equal(t, test.told, b.watchers.told, test.name)
		b.watchers.told = nil
	}
	b.watchers.err = errors.New("no gateway")
	receipt, err := b.Accept(t.Context(), at("ada", 10, 5))
	require.NoError(t, err, "the courier has done its part")
	require.Equal(t, 1, receipt.Accepted)
	require.Contains(t, b.log.String(), "watchers were not told")
}

func TestTheRequestAfterTheDeadlineCarriesTheDrain(t *testing.T) {
	b := open(t)
	accept := func(after time.Duration, f track.Fix) []string {
		b.now = noon.Add(after)
		_, err := b.Accept(t.Context(), f)
		require.NoError(t, err)
		return b.sink.couriers()
	}
	require.Equal(t, []string{"ada"}, accept(0, at("ada", 0, 0)))
	require.Empty(t, accept(time.Second, at("bob", 1, 0)))
	require.ElementsMatch(t, []string{"bob", "cyd"}, accept(6*time.Second, at("cyd", 2, 0)))

	b.sink.down = errors.New("pub/sub is down")
	require.Empty(t, accept(12*time.Second, at("ada", 12, 0)), "the courier has done its part")
	require.Contains(t, b.log.String(), "positions wait for the sweep")
	b.sink.down = nil
	n, err := b.flush.Sweep(t.Context(), noon.Add(13*time.Second), 30*time.Second)
	require.NoError(t, err)
	require.Zero(t, n, "whoever drained it may still be at it")
	n, err = b.flush.Sweep(t.Context(), noon.Add(43*time.Second), 30*time.Second)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, []string{"ada"}, b.sink.couriers())
	n, err = b.flush.Sweep(t.Context(), noon.Add(90*time.Second), 30*time.Second)
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestTheSweepCarriesWhatNobodyCameAfter(t *testing.T) {
	b := open(t)
	_, err := b.Accept(t.Context(), at("ada", 0, 0))
	require.NoError(t, err)
	b.now = noon.Add(time.Second)
	_, err = b.Accept(t.Context(), at("ada", 1, 5))
	require.NoError(t, err)
	b.sink.couriers()
	n, err := b.flush.Sweep(t.Context(), noon.Add(time.Minute), 30*time.Second)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, []string{"ada"}, b.sink.couriers())

	_, err = b.flush.Sweep(t.Context(), noon.Add(track.Kept+time.Minute), 30*time.Second)
	require.NoError(t, err)
	gone, err := b.store.Newest(t.Context(), "ada")
	require.NoError(t, err)
	require.Empty(t, gone, "nobody is remembered for ever")
}

func TestALargeDrainIsManyMessagesOfItsShards(t *testing.T) {
	b := open(t)
	b.now = noon.Add(time.Hour)
	_, _, err := b.store.Keep(t.Context(), b.now)
	require.NoError(t, err)
	const couriers = 20_000
	for i := 0; i < couriers; i += 500 {
		fixes := make([]track.Fix, 500)
		for j := range fixes {
			fixes[j] = at(track.CourierID(fmt.Sprint("c", i+j)), 0, 0)
		}
		_, _, err := b.store.Keep(t.Context(), b.now, fixes...)
		require.NoError(t, err)
	}
	_, err = b.flush.Sweep(t.Context(), b.now.Add(time.Minute), 30*time.Second)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(b.sink.events), 5)
	for _, e := range b.sink.events {
		require.NoError(t, e.Validate())
		require.LessOrEqual(t, len(e.Positions), 4000)
		for _, p := range e.Positions {
			require.Equal(t, e.Shard, track.CourierID(p.Courier).Shard(track.Shards))
		}
	}
	require.Len(t, b.sink.couriers(), couriers)
}

func TestTrailsAreCarriedInPiecesThatFit(t *testing.T) {
	b := open(t)
	_, err := b.Accept(t.Context(), at("ada", 0, 0))
	require.NoError(t, err)
	var want track.Trail
	for second := range 200 {
		f := at("ada", second, float64(second))
		f.Order = "o1"
		b.now = f.At
		_, err := b.Accept(t.Context(), f)
		require.NoError(t, err)
		want = want.Merge(track.TrailOf(f))
	}
	b.sink.couriers()
	_, err = b.flush.Sweep(t.Context(), b.now.Add(6*time.Minute), time.Minute)
	require.NoError(t, err)
	var got track.Trail
	for _, e := range b.sink.events {
		for _, tr := range e.Trails {
			require.Equal(t, "o1", tr.Order)
			part, err := track.UnpackTrail(tr.Points)
			require.NoError(t, err)
			got = got.Merge(part)
		}
	}
	require.Equal(t, want, got)
}

func TestAFrameIsAReportOfWhoeverSentIt(t *testing.T) {
	b := open(t)
	frame := func(text string) (intake.Receipt, error) { return b.Frame(t.Context(), "ada", []byte(text)) }
	receipt, err := frame(`{"fixes":[{"at":"2026-11-22T11:59:58Z","lat":30.2747,"lng":-97.7404,"order":"o1","courier":"bob"},{"at":"2026-11-22T11:59:59Z","lat":30.2747,"lng":-97.7404}]}`)
	require.NoError(t, err)
	require.NoError(t, receipt.Err())
	require.Equal(t, 2, receipt.Accepted)
	pieces, err := b.store.Pending(t.Context(), "o1")
	require.NoError(t, err)
	require.Len(t, pieces, 1)
	require.Equal(t, track.CourierID("ada"), pieces[0].Courier, "whatever it says")

	receipt, err = frame(`{"fixes":[{"at":"2027-11-22T11:59:58Z","lat":30.2747,"lng":-97.7404}]}`)
	require.NoError(t, err)
	require.ErrorContains(t, receipt.Err(), "fix 0: future")
	for _, text := range []string{``, `[]`, `{"fixes":[]}`, `{"fixes":[{"at":"noon"}]}`, `{"fixes":{}}`, "\xff"} {
		_, err = frame(text)
		require.ErrorIs(t, err, intake.ErrMalformed, text)
	}
}
