package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"lastmile/emulators/fault"
	"lastmile/emulators/redis"
	"lastmile/emulators/stack"
	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/docs"
	"lastmile/shared/job"
	"lastmile/shared/logs"
	"lastmile/shared/order"
)

// patience is what callers have while something is down.
const patience = 8 * time.Second

// request is one call of a client.
type request struct {
	method, path string
	body         any
	header       []string
}

// answers sends all requests at once.
func (s *shop) answers(t *testing.T, all map[string]request) map[string]*http.Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	got, errs := map[string]*http.Response{}, map[string]error{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for name, q := range all {
		wg.Go(func() {
			resp, err := s.send(ctx, q)
			mu.Lock()
			defer mu.Unlock()
			if got[name], errs[name] = resp, err; err == nil {
				resp.Body.Close()
			}
		})
	}
	wg.Wait()
	for name, err := range errs {
		require.NoError(t, err, name)
	}
	return got
}

func (s *shop) send(ctx context.Context, q request) (*http.Response, error) {
	body, err := json.Marshal(q.body)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, q.method, s.URL+q.path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+s.Operator)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(q.header); i += 2 {
		r.Header.Set(q.header[i], q.header[i+1])
	}
	return http.DefaultClient.Do(r)
}

// openFrail is a bakehouse whose Redis can be made to misbehave.
func openFrail(t *testing.T) (*bakehouse, *redis.Server) {
	t.Helper()
	cache, err := redis.Start(redis.Options{Server: redis.Embedded, Faulty: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cache.Close()) })
	s := open(t, stack.Options{Quiet: true, Environ: []string{"REDIS_ADDR=" + cache.Addr()}})
	return bakehouseIn(t, s, bread("rye", 400, 5), bread("oat", 400, 5)), cache
}

// round are calls of each kind, which can be sent again: those that change
// something have a key.
func (b *bakehouse) round(t *testing.T, accepted order.ID) map[string]request {
	t.Helper()
	c := want("rye", 2)
	c["quote"] = b.check(t, c).Quote.Hash
	key := func(who []string) []string { return append([]string{"Idempotency-Key", "again"}, who...) }
	return map[string]request{
		"validate a cart":   {"POST", "/v1/carts/validate", want("rye", 1), b.ann},
		"place an order":    {"POST", "/v1/orders", c, key(b.ann)},
		"accept an order":   {"POST", "/v1/orders/" + string(accepted) + "/accept", object{}, key(b.ben)},
		"list orders":       {"GET", "/v1/orders", nil, b.ben},
		"search items":      {"GET", "/v1/shops/bakery/items?search=rye", nil, b.ann},
		"go on duty":        {"PUT", "/v1/couriers/cyd/duty", object{"onDuty": true}, b.cyd},
		"report a position": {"POST", "/v1/couriers/cyd/locations", object{"fixes": []object{{"at": time.Now(), "lat": 35.9, "lng": 14.5}}}, b.cyd},
		"start a job":       {"POST", "/v1/jobs", object{"kind": "items.stock", "shop": "bakery", "params": object{"delta": "1"}, "items": []string{"oat"}}, key(nil)},
		"list jobs":         {"GET", "/v1/jobs?shop=bakery", nil, nil},
		"search the logs":   {"GET", "/v1/logs?entity=shop:bakery", nil, nil},
		"read the settings": {"GET", "/v1/zones/malta/dispatch", nil, nil},
	}
}

func TestWhatIsDownIsSaidAndNothingIsHalfDone(t *testing.T) {
	tests := map[string]struct {
		breaks func(*bakehouse, *redis.Server) error
		mends  func(*bakehouse, *redis.Server) error
	}{
		"Firestore refuses": {
			func(b *bakehouse, _ *redis.Server) error {
				b.Firestore.Faults.Add(fault.Rule{Code: codes.Unavailable})
				return nil
			},
			func(b *bakehouse, _ *redis.Server) error { b.Firestore.Faults.Reset(); return nil },
		},
		"Firestore hangs": {
			func(b *bakehouse, _ *redis.Server) error {
				b.Firestore.Faults.Add(fault.Rule{Delay: time.Minute})
				return nil
			},
			func(b *bakehouse, _ *redis.Server) error { b.Firestore.Faults.Reset(); return nil },
		},
		"Firestore is slow": {
			func(b *bakehouse, _ *redis.Server) error {
				b.Firestore.Faults.Add(fault.Rule{Delay: 200 * time.Millisecond})
				return nil
			},
			func(b *bakehouse, _ *redis.Server) error { b.Firestore.Faults.Reset(); return nil },
		},
		"Redis is gone": {
			func(_ *bakehouse, r *redis.Server) error { return r.Kill() },
			func(_ *bakehouse, r *redis.Server) error { return r.Restart(false) },
		},
		"Redis hangs": {
			func(_ *bakehouse, r *redis.Server) error { r.Faults.Add(fault.Rule{Delay: time.Minute}); return nil },
			func(_ *bakehouse, r *redis.Server) error { r.Faults.Reset(); return nil },
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b, cache := openFrail(t)
			status, first := b.place(t, want("rye", 1))
			require.Equal(t, http.StatusCreated, status)
			round := b.round(t, first.ID)
			require.NoError(t, test.breaks(b, cache))
			for call, resp := range b.answers(t, round) {
				if resp.StatusCode == http.StatusServiceUnavailable {
					require.NotEmpty(t, resp.Header.Get("Retry-After"), call)
					continue
				}
				require.Less(t, resp.StatusCode, http.StatusInternalServerError, call)
			}
			require.NoError(t, test.mends(b, cache))
			b.until(t, "everything answers", func() bool {
				for call, resp := range b.answers(t, round) {
					if resp.StatusCode >= http.StatusInternalServerError || resp.StatusCode == http.StatusConflict {
						t.Logf("%s: %s", call, resp.Status)
						return false
					}
					require.Less(t, resp.StatusCode, 300, "%s: %s", call, resp.Status)
				}
				return true
			})
			b.happenedOnce(t)
		})
	}
}

// happenedOnce checks that everything in a round has had its effect, once.
func (b *bakehouse) happenedOnce(t *testing.T) {
	t.Helper()
	var mine struct{ Orders []order.Order }
	require.Equal(t, http.StatusOK, b.call(t, "GET", "/v1/orders", nil, &mine, b.ann...))
	states := map[order.State]int{}
	for _, o := range mine.Orders {
		states[o.State]++
	}
	require.Equal(t, map[order.State]int{order.Placed: 1, order.Accepted: 1}, states)
	rye, err := docs.In[catalogdb.Item](b.db, "shops", "bakery", "items").Get(t.Context(), "rye")
	require.NoError(t, err)
	require.EqualValues(t, 5, rye.Stock)
	require.Equal(t, http.StatusConflict, first(b.place(t, want("rye", 3))), "three were sold")
	require.Equal(t, http.StatusCreated, first(b.place(t, want("rye", 2))))

	var jobs struct{ Jobs []job.Progress }
	require.Equal(t, http.StatusOK, b.call(t, "GET", "/v1/jobs?shop=bakery", nil, &jobs))
	require.Len(t, jobs.Jobs, 1)
}

func first[A, B any](a A, _ B) A { return a }

func TestWithoutALogStoreRequestsGoOnAndLossesAreSeen(t *testing.T) {
	s := openShop(t, 3)
	r := openRouter(t, s)
	system := func() (stats struct{ Logs logs.Stats }) {
		w, _ := r.call(t, http.MethodGet, "/v1/system", "")
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &stats))
		return stats
	}
	require.Zero(t, system().Logs.Dropped)
	s.Firestore.Faults.Add(fault.Rule{Method: "Commit", Code: codes.PermissionDenied})
	for i := range 6000 { // from many addresses, none of which calls too often
		q := httptest.NewRequest(http.MethodGet, "/health", nil)
		q.Header.Set("X-Forwarded-For", fmt.Sprint("10.0.0.", i/50))
		w := httptest.NewRecorder()
		r.ServeHTTP(w, q)
		require.Equal(t, http.StatusNoContent, w.Code, "request %d", i)
	}
	require.Positive(t, system().Logs.Dropped, "of what the buffer does not hold")
	s.Firestore.Faults.Reset()
	s.until(t, "the loss is told, by a record that is stored again", func() bool {
		return len(s.found(t, "level=WARNING&service=api")) > 0
	})
	s.until(t, "the store is up again", func() bool { return !system().Logs.Down })
}
