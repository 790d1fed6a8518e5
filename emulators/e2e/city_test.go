package e2e_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/race"
	"lastmile/emulators/stack"
	town "lastmile/scripts/demo/city"
	"lastmile/shared/assign/dispatch"
)

// TestACityLivesAndNothingIsLost has a small, fast city order until nobody is
// hungry, and asks the platform what became of everything.
func TestACityLivesAndNothingIsLost(t *testing.T) {
	roads, err := town.Prepare(t.TempDir(), "")
	require.NoError(t, err)
	s := open(t, stack.Options{Quiet: true, EmbeddedRedis: true, Gateways: 2, Environ: []string{"ROAD_FILE=" + roads}})
	settings := dispatch.Standard()
	settings.EverySeconds, settings.OfferSeconds, settings.LeadSeconds = 5, 5, 600 // a minute of life passes in no time
	var refused object
	require.Equal(t, http.StatusOK, s.call(t, "PUT", "/v1/zones/"+town.Zone+"/dispatch", settings, &refused), "%v", refused)

	var mu sync.Mutex
	var said []string
	o := town.Options{
		API: s.URL, Issuer: s.Issuer, Operator: s.Operator, Roads: roads,
		Couriers: 30, Shops: 4, Orders: 10, Most: race.Fewer(40, 15), Speed: 400, Seed: 3, Reach: 70, Within: 70,
		Decline: 0.1, Ignore: 0.05, Cancel: 0.1, Reject: 0.05, Rate: 0.5, Steady: true,
		Say: func(text string) { mu.Lock(); defer mu.Unlock(); said = append(said, text) },
	}
	c, err := town.New(o)
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	require.NoError(t, c.Run(ctx))
	require.NoError(t, ctx.Err(), "every customer's order ends")
	require.NoError(t, c.Check(t.Context()))
	require.Empty(t, said, "nothing goes wrong that is no part of life")
}
