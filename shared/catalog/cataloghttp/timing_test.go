package cataloghttp_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/catalog"
	"lastmile/shared/catalog/cataloghttp"
)

const onePage = `{"list":[{"id":1,"name":"Tea","price":"1.50"}]}`

func settings(edit ...func(*catalog.Settings)) catalog.Settings {
	s := catalog.Settings{
		Shop:     "corner",
		Provider: catalog.Provider{BaseURL: "https://api.example.com", Auth: catalog.Auth{Header: "X-Api-Key", Secret: "corner-key"}},
		Paging:   catalog.Paging{Style: catalog.ByOffset},
		Fields:   catalog.Fields{Items: "list", ID: "id", Name: "name", Price: catalog.Price{Path: "price", Currency: "EUR"}},
	}
	for _, e := range edit {
		e(&s)
	}
	return s.WithDefaults()
}

func secret(context.Context, string) (string, error) { return "s3cret", nil }

// script answers requests in order, and the last answer for ever.
type script struct {
	calls   atomic.Int64
	answers []func(*http.Request) (*http.Response, error)
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	n := int(s.calls.Add(1)) - 1
	return s.answers[min(n, len(s.answers)-1)](r)
}

func answer(status int, body string, header ...string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		h := http.Header{"Content-Type": {"application/json"}}
		for i := 0; i < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	}
}

func hang(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func broken(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }

func TestRetries(t *testing.T) {
	type answers = []func(*http.Request) (*http.Response, error)
	ok := answer(200, onePage)
	const jitter = 250 * time.Millisecond // of the first retry
	for name, c := range map[string]struct {
		answers answers
		retries int
		calls   int64
		want    error
		atLeast time.Duration
		atMost  time.Duration
	}{
		"a good answer is not asked for twice":   {answers{ok}, 4, 1, nil, 0, 0},
		"a broken server is asked again":         {answers{answer(500, ""), ok}, 4, 2, nil, 0, jitter},
		"a broken connection is tried again":     {answers{broken, ok}, 4, 2, nil, 0, jitter},
		"a garbled page is asked for again":      {answers{answer(200, onePage[:20]), ok}, 4, 2, nil, 0, jitter},
		"a web page is asked for again":          {answers{answer(200, "<html>", "Content-Type", "text/html"), ok}, 4, 2, nil, 0, jitter},
		"a silent server is tried again":         {answers{hang, ok}, 4, 2, nil, 20 * time.Second, 20*time.Second + jitter},
		"retries have a limit":                   {answers{answer(502, "")}, 3, 4, cataloghttp.ErrUnavailable, 0, 2 * time.Second},
		"retries can be turned off":              {answers{answer(502, "")}, -1, 1, cataloghttp.ErrUnavailable, 0, 0},
		"a garbled page stays garbled":           {answers{answer(200, "{")}, 2, 3, catalog.ErrGarbled, 0, time.Second},
		"a refusal is final":                     {answers{answer(401, "")}, 4, 1, cataloghttp.ErrRefused, 0, 0},
		"forbidden is final":                     {answers{answer(403, "")}, 4, 1, cataloghttp.ErrRefused, 0, 0},
		"not found is final":                     {answers{answer(404, "")}, 4, 1, cataloghttp.ErrRefused, 0, 0},
		"a redirect away from TLS is final":      {answers{answer(302, "", "Location", "http://api.example.com/")}, 4, 1, cataloghttp.ErrForbidden, 0, 0},
		"a page of another shape is final":       {answers{answer(200, `{"items":[]}`)}, 4, 1, catalog.ErrMismatch, 0, 0},
		"too many requests waits as told":        {answers{answer(429, "", "Retry-After", "7"), ok}, 4, 2, nil, 7 * time.Second, 7*time.Second + jitter},
		"unavailable waits as told":              {answers{answer(503, "", "Retry-After", "7"), ok}, 4, 2, nil, 7 * time.Second, 7*time.Second + jitter},
		"a wait may be a date":                   {answers{answer(429, "", "Retry-After", "Sat, 01 Jan 2000 00:00:30 GMT"), ok}, 4, 2, nil, 30 * time.Second, 30*time.Second + jitter},
		"a date in the past is no wait":          {answers{answer(429, "", "Retry-After", "Fri, 31 Dec 1999 00:00:00 GMT"), ok}, 4, 2, nil, 0, jitter},
		"a wait has a cap":                       {answers{answer(429, "", "Retry-After", "86400"), ok}, 4, 2, nil, time.Minute, time.Minute + jitter},
		"a wait of nonsense is no wait":          {answers{answer(429, "", "Retry-After", "soon"), ok}, 4, 2, nil, 0, jitter},
		"a negative wait is no wait":             {answers{answer(429, "", "Retry-After", "-5"), ok}, 4, 2, nil, 0, jitter},
		"too many requests for ever is an error": {answers{answer(429, "", "Retry-After", "1")}, 2, 3, cataloghttp.ErrUnavailable, 2 * time.Second, 4 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{answers: c.answers}
				client := cataloghttp.New(cataloghttp.Options{Transport: s})
				began := time.Now()
				page, err := client.Fetch(t.Context(), settings(func(s *catalog.Settings) { s.Limits.Retries = c.retries }), catalog.PageRef{}, secret)
				took := time.Since(began)
				require.Equal(t, c.calls, s.calls.Load())
				require.GreaterOrEqual(t, took, c.atLeast)
				require.LessOrEqual(t, took, c.atMost)
				if c.want == nil {
					require.NoError(t, err)
					require.Len(t, page.Items, 1)
					return
				}
				require.ErrorIs(t, err, c.want)
				require.ErrorContains(t, err, "page 000000 of corner")
				require.NotContains(t, err.Error(), "s3cret")
			})
		})
	}
}

func TestAWaitThatOutlastsTheCallerIsNotBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := cataloghttp.New(cataloghttp.Options{Transport: &script{answers: []func(*http.Request) (*http.Response, error){answer(429, "", "Retry-After", "50")}}})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		began := time.Now()
		for range 2 { // the second call meets the pause of the first
			_, err := client.Fetch(ctx, settings(), catalog.PageRef{}, secret)
			require.ErrorIs(t, err, cataloghttp.ErrUnavailable)
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}
		require.Zero(t, time.Since(began))
	})
}

func TestAPauseThatOutlastsOurPatienceIsWaitedOutAsFarAsThat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := cataloghttp.New(cataloghttp.Options{
			Transport: &script{answers: []func(*http.Request) (*http.Response, error){answer(429, "", "Retry-After", "50")}}, Patience: 5 * time.Second,
		})
		once := settings(func(s *catalog.Settings) { s.Limits.Retries = -1 })
		_, err := client.Fetch(t.Context(), once, catalog.PageRef{}, secret)
		require.ErrorIs(t, err, cataloghttp.ErrUnavailable)
		began := time.Now()
		_, err = client.Fetch(t.Context(), once, catalog.PageRef{}, secret)
		require.ErrorIs(t, err, cataloghttp.ErrBusy)
		require.Equal(t, 5*time.Second, time.Since(began), "callers who come again at once would spin")
	})
}

func TestACallerThatLeavesIsNotHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := cataloghttp.New(cataloghttp.Options{Transport: &script{answers: []func(*http.Request) (*http.Response, error){hang}}})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		began := time.Now()
		_, err := client.Fetch(ctx, settings(), catalog.PageRef{}, secret)
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, 3*time.Second, time.Since(began))
	})
}

// crowd counts how many requests are under way at once.
type crowd struct {
	mu        sync.Mutex
	busy, max int
	starts    []time.Time
	refuse    bool // the first request only
}

func (c *crowd) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.busy++
	c.max = max(c.max, c.busy)
	c.starts = append(c.starts, time.Now())
	refuse := c.refuse && len(c.starts) == 1
	c.mu.Unlock()
	if !refuse {
		time.Sleep(time.Second)
	}
	c.mu.Lock()
	c.busy--
	c.mu.Unlock()
	if refuse {
		return answer(429, "", "Retry-After", "30")(r)
	}
	return answer(200, onePage)(r)
}

func fetchMany(t *testing.T, client *cataloghttp.Client, s catalog.Settings, n int) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			_, err := client.Fetch(t.Context(), s, catalog.PageRef{Number: i}, secret)
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestAProviderIsNotCrowded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &crowd{}
		client := cataloghttp.New(cataloghttp.Options{Transport: c})
		began := time.Now()
		fetchMany(t, client, settings(func(s *catalog.Settings) { s.Limits.Parallelism = 3 }), 30)
		require.Equal(t, 3, c.max)
		require.Equal(t, 10*time.Second, time.Since(began), "and every place is used")
		fetchMany(t, client, settings(func(s *catalog.Settings) { s.Limits.Parallelism = 7 }), 30)
		require.Equal(t, 7, c.max, "a change of the settings counts at once")
	})
}

func TestAPauseIsForEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &crowd{refuse: true}
		client := cataloghttp.New(cataloghttp.Options{Transport: c, Patience: time.Minute})
		began := time.Now()
		fetchMany(t, client, settings(func(s *catalog.Settings) { s.Limits.Parallelism = 1 }), 5)
		require.Len(t, c.starts, 6)
		require.GreaterOrEqual(t, c.starts[1].Sub(began), 30*time.Second)
	})
}

func TestASecretThatCannotBeReadIsNamed(t *testing.T) {
	gone := errors.New("gone")
	client := cataloghttp.New(cataloghttp.Options{Transport: &script{}})
	_, err := client.Fetch(t.Context(), settings(), catalog.PageRef{}, func(context.Context, string) (string, error) { return "", gone })
	require.ErrorIs(t, err, gone)
	require.ErrorContains(t, err, "corner-key")
}

func TestACallerWaitsForATurnButNotForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cataloghttp.New(cataloghttp.Options{
			Transport: &script{answers: []func(*http.Request) (*http.Response, error){hang}}, Patience: 5 * time.Second,
		})
		one := settings(func(s *catalog.Settings) { s.Limits.Parallelism, s.Limits.TimeoutSeconds, s.Limits.Retries = 1, 20, -1 })
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := c.Fetch(t.Context(), one, catalog.PageRef{}, secret)
			require.ErrorIs(t, err, cataloghttp.ErrUnavailable)
		})
		synctest.Wait()
		start := time.Now()
		_, err := c.Fetch(t.Context(), one, catalog.PageRef{Number: 1}, secret)
		require.ErrorIs(t, err, cataloghttp.ErrBusy)
		require.NotErrorIs(t, err, cataloghttp.ErrUnavailable, "nothing was asked")
		require.Equal(t, 5*time.Second, time.Since(start))
		wg.Wait()
	})
}
