package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"lastmile/emulators/fault"
	"lastmile/emulators/firestore"
	"lastmile/shared/auth"
	"lastmile/shared/docs"
	"lastmile/shared/httpapi"
)

// till is a handler behind the layer that sells one ticket for each effect.
type till struct {
	http.Handler
	firestore *firestore.Server
	sold      atomic.Int64
	answer    func(w http.ResponseWriter, r *http.Request) // after the effect
}

func openTill(t *testing.T) *till {
	t.Helper()
	srv, err := firestore.Start(firestore.Options{})
	require.NoError(t, err)
	db, err := docs.Open(t.Context(), docs.Options{Project: "acme", EmulatorHost: srv.Addr()})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, db.Close())
		require.NoError(t, srv.Close())
	})
	s := &till{firestore: srv}
	s.answer = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "/tickets/1")
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"effect":%q}`, httpapi.EffectID(r.Context()))
	}
	s.Handler = httpapi.Idempotent(db, 1<<10)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.sold.Add(1)
		s.answer(w, r)
	}))
	return s
}

// buy asks for a ticket as a customer.
func (s *till) buy(customer, key, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/tickets?row=1", strings.NewReader(body))
	if key != "" {
		r.Header.Set(httpapi.IdempotencyKey, key)
	}
	return serve(s, r.WithContext(auth.With(r.Context(), auth.Caller{Entity: auth.Customer, ID: customer})))
}

func TestAKeyHasOneAnswer(t *testing.T) {
	s := openTill(t)
	first := s.buy("ann", "k", "{}")
	again := s.buy("ann", "k", "{}")
	require.Equal(t, http.StatusCreated, again.Code)
	require.Equal(t, first.Body.String(), again.Body.String())
	require.Equal(t, "/tickets/1", again.Header().Get("Location"))
	require.Equal(t, "true", again.Header().Get(httpapi.Replayed))
	require.Empty(t, first.Header().Get(httpapi.Replayed))
	require.EqualValues(t, 1, s.sold.Load())
}

func TestWhatIsAnotherCall(t *testing.T) {
	long := strings.Repeat("k", 201)
	tests := map[string]struct {
		customer, key, body string
		status              int
		sold                int64
	}{
		"another body with the same key is refused":   {"ann", "k", `{"n":2}`, http.StatusUnprocessableEntity, 1},
		"another caller with the same key is another": {"bob", "k", "{}", http.StatusCreated, 2},
		"another key is another":                      {"ann", "l", "{}", http.StatusCreated, 2},
		"without a key every call counts":             {"ann", "", "{}", http.StatusCreated, 2},
		"strangers have no keys":                      {"", "k", "{}", http.StatusCreated, 2},
		"a key that is too long is refused":           {"ann", long, "{}", http.StatusUnprocessableEntity, 1},
		"a blank key is refused":                      {"ann", " ", "{}", http.StatusUnprocessableEntity, 1},
		"a body that is too large is refused":         {"ann", "m", strings.Repeat("x", 2<<10), http.StatusRequestEntityTooLarge, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := openTill(t)
			require.Equal(t, http.StatusCreated, s.buy("ann", "k", "{}").Code)
			w := s.buy(test.customer, test.key, test.body)
			require.Equal(t, test.status, w.Code, w.Body)
			require.Equal(t, test.sold, s.sold.Load())
		})
	}
}

func TestWhatIsTriedAgain(t *testing.T) {
	tests := map[string]struct {
		first  http.HandlerFunc
		effect bool // may have been
	}{
		"a refusal":                  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusConflict) }, false},
		"a failure":                  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, true},
		"a panic":                    {func(http.ResponseWriter, *http.Request) { panic("boom") }, true},
		"an answer that is too long": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 300<<10)) }, true},
		"an answer not to be stored": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Cache-Control", "no-store") }, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := openTill(t)
			answer, effect := s.answer, ""
			s.answer = func(w http.ResponseWriter, r *http.Request) {
				effect = httpapi.EffectID(r.Context())
				test.first(w, r)
			}
			func() {
				defer func() { _ = recover() }()
				s.buy("ann", "k", "{}")
			}()
			s.answer = answer
			w := s.buy("ann", "k", "{}")
			require.Equal(t, http.StatusCreated, w.Code)
			require.EqualValues(t, 2, s.sold.Load())
			var got struct{ Effect string }
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
			require.Equal(t, test.effect, got.Effect == effect, "another try of what may have had its effect has the same id")
		})
	}
}

func TestCallsAtTheSameTimeHaveOneEffect(t *testing.T) {
	s := openTill(t)
	const callers = 20
	var all sync.WaitGroup
	answers := make([]*httptest.ResponseRecorder, callers)
	for i := range answers {
		all.Go(func() { answers[i] = s.buy("ann", "k", "{}") })
	}
	all.Wait()
	require.EqualValues(t, 1, s.sold.Load())
	for _, w := range answers {
		if w.Code == http.StatusConflict {
			require.NotEmpty(t, w.Header().Get("Retry-After"))
			continue
		}
		require.Equal(t, http.StatusCreated, w.Code, w.Body)
		require.Equal(t, answers[0].Body.String(), w.Body.String())
	}
}

func TestADuplicateOfALongCallIsToldToComeAgain(t *testing.T) {
	s := openTill(t)
	answer, begun, end := s.answer, make(chan struct{}), make(chan struct{})
	s.answer = func(w http.ResponseWriter, r *http.Request) {
		close(begun)
		<-end
		answer(w, r)
	}
	done := make(chan *httptest.ResponseRecorder)
	go func() { done <- s.buy("ann", "k", "{}") }()
	<-begun
	w := s.buy("ann", "k", "{}")
	require.Equal(t, http.StatusConflict, w.Code)
	require.Equal(t, "1", w.Header().Get("Retry-After"))
	close(end)
	require.Equal(t, http.StatusCreated, (<-done).Code)
	require.Equal(t, http.StatusCreated, s.buy("ann", "k", "{}").Code)
	require.EqualValues(t, 1, s.sold.Load())
}

func TestADatabaseThatIsDownCostsNoSecondEffect(t *testing.T) {
	t.Run("before the call nothing happens", func(t *testing.T) {
		s := openTill(t)
		s.firestore.Faults.Add(fault.Rule{Code: codes.Internal})
		w := s.buy("ann", "k", "{}")
		require.Equal(t, http.StatusServiceUnavailable, w.Code)
		require.NotEmpty(t, w.Header().Get("Retry-After"))
		require.Zero(t, s.sold.Load())
	})
	for name, lost := range map[string]fault.Rule{
		"a claim whose answer is lost is found again":          {Method: "Commit", Times: 1, After: true, Code: codes.Unavailable},
		"a claim whose answer is lost twice is found, too":     {Method: "Commit", Times: 2, After: true, Code: codes.Unavailable},
		"an answer whose keeping is not acknowledged is given": {Method: "Commit", Skip: 1, Times: 1, After: true, Code: codes.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			s := openTill(t)
			s.firestore.Faults.Add(lost)
			first := s.buy("ann", "k", "{}")
			require.Equal(t, http.StatusCreated, first.Code, first.Body)
			again := s.buy("ann", "k", "{}")
			require.Equal(t, http.StatusCreated, again.Code, again.Body)
			require.Equal(t, first.Body.String(), again.Body.String())
			require.EqualValues(t, 1, s.sold.Load())
		})
	}
	t.Run("a claim that was lost altogether holds nobody up for long", func(t *testing.T) {
		s := openTill(t)
		s.firestore.Faults.Add(fault.Rule{Method: "Commit", Times: 1, After: true, Code: codes.InvalidArgument})
		require.Equal(t, http.StatusServiceUnavailable, s.buy("ann", "k", "{}").Code)
		require.Eventually(t, func() bool { return s.buy("ann", "k", "{}").Code == http.StatusCreated }, 40*time.Second, time.Second)
		require.EqualValues(t, 1, s.sold.Load())
	})
	t.Run("after the call the answer is given, and the key stays claimed", func(t *testing.T) {
		s := openTill(t)
		s.firestore.Faults.Add(fault.Rule{Method: "Commit", Skip: 1, Times: 1, Code: codes.InvalidArgument})
		require.Equal(t, http.StatusCreated, s.buy("ann", "k", "{}").Code)
		require.Equal(t, http.StatusConflict, s.buy("ann", "k", "{}").Code)
		require.EqualValues(t, 1, s.sold.Load())
	})
}
