package locationingest_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"lastmile/emulators/fault"
	"lastmile/emulators/firestore"
	"lastmile/functions/locationingest"
	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/function"
	"lastmile/shared/geo"
	"lastmile/shared/track"
	"lastmile/shared/track/trackdb"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func open(t *testing.T) (*locationingest.Function, *trackdb.Store, *firestore.Server) {
	server, err := firestore.Start(firestore.Options{Indexes: []byte(`{"indexes":[],"fieldOverrides":[]}`)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	db, err := docs.Open(t.Context(), docs.Options{Project: "test", EmulatorHost: server.Addr()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	s := trackdb.New(db)
	return locationingest.New(s, nil), s, server
}

func fix(courier string, second int, lat float64) event.LocationFix {
	return event.LocationFix{Courier: courier, At: noon.Add(time.Duration(second) * time.Second), Lat: lat, Lng: -97.7}
}

func trail(courier string, spots ...int) event.LocationTrail {
	var t track.Trail
	for _, s := range spots {
		t = append(t, track.Spot{At: noon.Add(time.Duration(s) * time.Second), Point: geo.Point{Lat: 30, Lng: float64(s) / 1000}})
	}
	return event.LocationTrail{Order: "o1", Courier: courier, Points: t.Pack()}
}

func positions(fixes ...event.LocationFix) event.LocationBatch {
	return event.LocationBatch{Positions: fixes}
}

func trails(ts ...event.LocationTrail) event.LocationBatch { return event.LocationBatch{Trails: ts} }

func TestWhateverTheOrderTheNewestOfEachCourierStays(t *testing.T) {
	batches := []event.LocationBatch{
		positions(fix("ada", 1, 30), fix("bob", 5, 31)),
		positions(fix("ada", 3, 33), fix("bob", 2, 39)),
		positions(fix("ada", 2, 32)),
		trails(trail("ada", 0, 1, 2), trail("bob", 700)),
		trails(trail("ada", 1, 2, 3, 1799, 1800, 1801)),
	}
	for seed := range uint64(6) {
		f, store, _ := open(t)
		r := rand.New(rand.NewPCG(seed, 0))
		deliveries := append(batches, batches[r.IntN(len(batches))], batches[r.IntN(len(batches))])
		r.Shuffle(len(deliveries), func(i, j int) { deliveries[i], deliveries[j] = deliveries[j], deliveries[i] })
		for _, e := range deliveries {
			require.NoError(t, f.Handle(t.Context(), e))
		}
		got, err := store.Positions(t.Context())
		require.NoError(t, err)
		require.Len(t, got, 2)
		require.Equal(t, 33.0, got["ada"].Lat)
		require.Equal(t, 31.0, got["bob"].Lat)

		pieces, err := store.Trail(t.Context(), "o1")
		require.NoError(t, err)
		require.Len(t, pieces, 2)
		want, err := track.UnpackTrail(trail("ada", 0, 1, 2, 3, 1799, 1800, 1801).Points)
		require.NoError(t, err)
		require.Equal(t, want, pieces[0].Trail, "across the windows' border")
		require.Equal(t, track.CourierID("bob"), pieces[1].Courier)
	}
}

func TestAReplayWritesNothing(t *testing.T) {
	f, _, server := open(t)
	e := event.LocationBatch{Positions: []event.LocationFix{fix("ada", 1, 30)}, Trails: []event.LocationTrail{trail("ada", 0, 1)}}
	require.NoError(t, f.Handle(t.Context(), e))
	written := writes(t, server)
	require.NoError(t, f.Handle(t.Context(), e))
	require.NoError(t, f.Handle(t.Context(), positions(fix("ada", 0, 35))))
	require.Equal(t, written, writes(t, server))
}

// writes is when the two documents of these tests were last written.
func writes(t *testing.T, server *firestore.Server) []time.Time {
	db, err := docs.Open(t.Context(), docs.Options{Project: "test", EmulatorHost: server.Addr()})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	shard := docs.In[map[string]any](db, "positions").Lookup("0")
	require.NoError(t, db.Fetch(t.Context(), shard))
	chunks, err := docs.In[map[string]any](db, "orders", "o1", "trail").Query().Limit(10).All(t.Context())
	require.NoError(t, err)
	require.Len(t, chunks, 1)
	return []time.Time{shard.Updated, chunks[0].Updated}
}

func TestConcurrentBatchesOfOneShardLoseNothing(t *testing.T) {
	f, store, _ := open(t)
	var group sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		group.Go(func() { errs[i] = f.Handle(t.Context(), positions(fix(string(rune('a'+i)), 1, 30))) })
	}
	group.Wait()
	require.NoError(t, errors.Join(errs...))
	got, err := store.Positions(t.Context())
	require.NoError(t, err)
	require.Len(t, got, 8)
}

func TestALostAnswerIsRetriedWithoutHarm(t *testing.T) {
	f, store, server := open(t)
	server.Faults.Add(fault.Rule{Method: "Commit", Times: 1, Code: codes.Internal, After: true})
	e := positions(fix("ada", 1, 30))
	require.Error(t, f.Handle(t.Context(), e), "the caller does not know")
	require.NoError(t, f.Handle(t.Context(), e))
	got, err := store.Positions(t.Context())
	require.NoError(t, err)
	require.Len(t, got, 1)
}

func TestPoisonIsBuriedAtOnce(t *testing.T) {
	f, _, _ := open(t)
	tests := map[string]event.LocationBatch{
		"an unknown shard":                {Shard: track.Shards, Positions: []event.LocationFix{fix("ada", 1, 30)}},
		"a courier that is no id":         positions(fix("a/b", 1, 30)),
		"a latitude that maps end before": positions(fix("ada", 1, 89)),
		"a trail that is torn":            trails(event.LocationTrail{Order: "o1", Courier: "ada", Points: []byte{1, 9, 9}}),
		"a trail of another version":      trails(event.LocationTrail{Order: "o1", Courier: "ada", Points: []byte{7}}),
		"an order that is no id":          trails(event.LocationTrail{Order: "..", Courier: "ada", Points: trail("ada", 1).Points}),
	}
	for name, e := range tests {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, f.Handle(t.Context(), e), function.ErrPermanent)
		})
	}
}

// What is published must be what is understood here.
func TestTheGoldenEventIsUnderstood(t *testing.T) {
	text, err := os.ReadFile("../../shared/event/testdata/location.batch.v1.json")
	require.NoError(t, err)
	var e event.LocationBatch
	require.NoError(t, json.Unmarshal(text, &e))
	f, store, _ := open(t)
	require.NoError(t, f.Handle(t.Context(), e))
	pieces, err := store.Trail(t.Context(), "o-1")
	require.NoError(t, err)
	require.Len(t, pieces, 1)
	require.Equal(t, geo.Point{Lat: 30.2748, Lng: -97.7404}, pieces[0].Trail[1].Point)
}
