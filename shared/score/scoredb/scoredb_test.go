package scoredb_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"lastmile/emulators/fault"
	"lastmile/emulators/firestore"
	"lastmile/shared/docs"
	"lastmile/shared/score"
	"lastmile/shared/score/scoredb"
)

var now = time.Date(2026, 11, 20, 15, 30, 0, 0, time.UTC)

// open returns a store in a database of its own, which knows the declared indexes
// only: there are none.
func open(t testing.TB) (*firestore.Server, *scoredb.Store) {
	t.Helper()
	require.Empty(t, scoredb.Indexes())
	srv, err := firestore.Start(firestore.Options{Indexes: []byte(`{"indexes":[]}`)})
	require.NoError(t, err)
	t.Cleanup(func() { srv.Close() })
	db, err := docs.Open(t.Context(), docs.Options{Project: "test", EmulatorHost: srv.Addr()})
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	return srv, scoredb.New(db)
}

func fact(id, courier string, good int64) score.Fact {
	return score.Fact{
		ID: id, Courier: courier, Zone: "valletta", Order: "o-" + id, At: now.Add(-time.Hour),
		Dimension: score.OnTime, Good: good, Trials: score.Unit,
	}
}

func TestFactsOfManyAtOnceCountOnceEach(t *testing.T) {
	_, s := open(t)
	var facts []score.Fact
	for i := range 20 {
		f := fact(fmt.Sprint(i), "ada", int64(i))
		facts = append(facts, f, f) // a repeat of each
	}
	facts = append(facts, facts[0].Appealed("appeal"), facts[0].Appealed("appeal"))
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
	var wg sync.WaitGroup
	for part := range 4 {
		wg.Go(func() {
			for i := part; i < len(facts); i += 4 {
				fold(t, s, facts[i])
			}
		})
	}
	wg.Wait()
	r, err := s.Courier(t.Context(), "ada", now)
	require.NoError(t, err)
	require.Equal(t, score.Counts{Good: 190, Trials: 19 * score.Unit, Excused: score.Unit}, r.Score.Parts.OnTime.Raw)
	require.Equal(t, "valletta", r.Zone)
	require.Equal(t, r.Score.Value, r.Trend[len(r.Trend)-1])
}

// fold folds a fact as often as it is delivered until it is acknowledged.
func fold(t *testing.T, s *scoredb.Store, f score.Fact) {
	for range 20 {
		if _, err := s.Fold(t.Context(), f, now); err == nil {
			return
		}
	}
	t.Errorf("fact %s was never folded", f.ID)
}

func TestAFactCountsOnceThroughCrashes(t *testing.T) {
	for _, lost := range []fault.Rule{
		{Method: "BatchGetDocuments", Times: 1, Code: codes.PermissionDenied},
		{Method: "Commit", Times: 1, Code: codes.PermissionDenied},
		{Method: "Commit", Times: 1, Code: codes.PermissionDenied, After: true},
	} {
		t.Run(fmt.Sprint(lost.Method, " lost after it was done: ", lost.After), func(t *testing.T) {
			srv, s := open(t)
			defer srv.Faults.Add(lost)()
			_, err := s.Fold(t.Context(), fact("f", "ada", 0), now)
			require.Error(t, err)
			fold(t, s, fact("f", "ada", 0))
			r, err := s.Courier(t.Context(), "ada", now)
			require.NoError(t, err)
			require.Equal(t, score.Counts{Trials: score.Unit}, r.Score.Parts.OnTime.Raw)
		})
	}
}

func TestFactsAreListedTheNewestFirst(t *testing.T) {
	_, s := open(t)
	for i := range 5 {
		f := fact(fmt.Sprint(i), "ada", 0)
		f.At = f.At.Add(-time.Duration(min(i, 3)) * time.Hour)
		fold(t, s, f)
	}
	found, err := s.Facts(t.Context(), "ada", docs.Place{}, 4)
	require.NoError(t, err)
	require.Len(t, found, 4)
	rest, err := s.Facts(t.Context(), "ada", docs.Place{At: found[3].At, ID: found[3].ID}, 4)
	require.NoError(t, err)
	require.Len(t, rest, 1, "of two of the same moment, as an order's are, none is left out")
	found, err = s.Facts(t.Context(), "ada", docs.Place{}, 2)
	require.NoError(t, err)
	require.Equal(t, []string{"0", "1"}, []string{found[0].ID, found[1].ID})
	found, err = s.Facts(t.Context(), "ada", docs.Place{At: found[1].At, ID: found[1].ID}, 10)
	require.NoError(t, err)
	require.Len(t, found, 3)
	one, err := s.Fact(t.Context(), "ada", found[1].ID)
	require.NoError(t, err)
	require.Equal(t, found[1], one)
	_, err = s.Fact(t.Context(), "ada", "9")
	require.ErrorIs(t, err, scoredb.ErrUnknown)
}

func TestVersionsOfTheConfig(t *testing.T) {
	_, s := open(t)
	first, err := s.Config(t.Context())
	require.NoError(t, err)
	require.Equal(t, score.Standard(), first.Config)
	c := first.Config
	c.HalfLife = 7
	second, err := s.PutConfig(t.Context(), c, 0, "operator:ann", now)
	require.NoError(t, err)
	require.Equal(t, 1, second.Version)
	_, err = s.PutConfig(t.Context(), c, 0, "operator:bob", now)
	require.ErrorIs(t, err, scoredb.ErrStale)
	c.HalfLife = 0
	_, err = s.PutConfig(t.Context(), c, 1, "operator:bob", now)
	require.ErrorIs(t, err, score.ErrInvalid)

	_, version, err := s.Values(t.Context(), "valletta", []string{"ada"}, now)
	require.NoError(t, err)
	require.Equal(t, 1, version, "whoever reads scores learns what made them")
	history, err := s.ConfigHistory(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Equal(t, []scoredb.Revision{second}, history)
}

func TestANightTellsWhatIsUsual(t *testing.T) {
	_, s := open(t)
	for c := range 30 {
		for i := range 4 {
			f := fact(fmt.Sprint(i), fmt.Sprintf("courier-%02d", c), int64(score.Unit*((c+i)%2)))
			f.Zone = "sliema"
			fold(t, s, f)
		}
	}
	fold(t, s, fact("only", "ada", 0))
	zones, err := s.Learn(t.Context(), now)
	require.NoError(t, err)
	require.Equal(t, 2, zones)

	z, err := s.Zone(t.Context(), "sliema")
	require.NoError(t, err)
	require.Equal(t, "2026-11-20", z.Version)
	require.Equal(t, 30, z.Couriers)
	require.InDelta(t, 0.5, z.Usual.OnTime.Mean, 1e-9, "half of all was on time")
	require.Equal(t, score.Standard().Cold.Rating, z.Usual.Rating, "nobody was rated")
	require.Equal(t, score.Counts{Good: 60 * score.Unit, Trials: 120 * score.Unit}, z.Totals.OnTime)
	lonely, err := s.Zone(t.Context(), "valletta")
	require.NoError(t, err)
	require.Equal(t, score.Standard().Cold, lonely.Usual, "one courier does not make a zone")

	values, _, err := s.Values(t.Context(), "sliema", []string{"courier-00", "nobody"}, now)
	require.NoError(t, err)
	require.InDelta(t, 50, values["courier-00"].Score, 1e-9)
	require.Equal(t, scoredb.Value{Score: 50}, values["nobody"])

	_, err = s.Learn(t.Context(), now.Add(time.Hour))
	require.NoError(t, err)
	nights, err := s.Nights(t.Context(), "sliema", "", 10)
	require.NoError(t, err)
	require.Len(t, nights, 1, "one night is one version")
	listed, err := s.InZone(t.Context(), "sliema", "courier-27", 10, now)
	require.NoError(t, err)
	require.Len(t, listed, 2)
	require.Equal(t, "2026-11-20", listed[0].Usual)
}
