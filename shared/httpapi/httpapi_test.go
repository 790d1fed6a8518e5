package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/auth"
	"lastmile/shared/httpapi"
	"lastmile/shared/logs"
)

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func request(header ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/v1/things", strings.NewReader("12345"))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func TestChainRunsInOrder(t *testing.T) {
	var order []string
	layer := func(name string) httpapi.Layer {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				order = append(order, name)
				next.ServeHTTP(w, r)
			})
		}
	}
	serve(httpapi.Chain(http.NotFoundHandler(), layer("first"), layer("second")), request())
	require.Equal(t, []string{"first", "second"}, order)
}

func TestRecord(t *testing.T) {
	tests := map[string]struct {
		handler http.HandlerFunc
		request *http.Request
		status  int
		id      string
	}{
		"an answer":                           {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }, request(), http.StatusTeapot, ""},
		"an answer without a status":          {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "x") }, request(), http.StatusOK, ""},
		"an empty answer":                     {func(http.ResponseWriter, *http.Request) {}, request(), http.StatusOK, ""},
		"a caller's request id":               {func(http.ResponseWriter, *http.Request) {}, request(httpapi.RequestID, "abc"), http.StatusOK, "abc"},
		"a request id that breaks the record": {func(http.ResponseWriter, *http.Request) {}, request(httpapi.RequestID, "a b\x01"), http.StatusOK, ""},
		"a panic":                             {func(http.ResponseWriter, *http.Request) { panic("boom") }, request(), http.StatusInternalServerError, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			l := logs.New(logs.Options{Service: "api", Out: &out})
			w := serve(httpapi.Record(l)(test.handler), test.request)
			require.Equal(t, test.status, w.Code)
			id := w.Header().Get(httpapi.RequestID)
			require.NotEmpty(t, id)
			if test.id != "" {
				require.Equal(t, test.id, id)
			}
			var record struct {
				Request string
				Status  int
				State   string
			}
			require.NoError(t, json.Unmarshal(out.Bytes(), &record), out.String())
			require.Equal(t, id, record.Request)
			if test.status < 500 {
				require.Equal(t, test.status, record.Status)
				return
			}
			require.Equal(t, "error", record.State)
			require.NotContains(t, w.Body.String(), "boom", "what broke is for the logs")
		})
	}
}

// gate is a store of records that opens when it is told to.
type gate struct{ open chan struct{} }

func (g gate) Append(ctx context.Context, _ []logs.Record) error {
	select {
	case <-g.open:
	case <-ctx.Done():
	}
	return ctx.Err()
}

func TestAnAnswerDoesNotWaitForItsRecordAndTheRequestDoes(t *testing.T) {
	tests := map[string]http.HandlerFunc{
		"a short answer":  func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "12345") },
		"an empty answer": func(http.ResponseWriter, *http.Request) {},
		"no content":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"a broken answer": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "12345"); panic("boom") },
		"one that says its length": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "200000")
			w.Write(make([]byte, 200_000))
		},
	}
	for name, handler := range tests {
		t.Run(name, func(t *testing.T) {
			store, over := gate{make(chan struct{})}, make(chan struct{})
			l := logs.New(logs.Options{Service: "api", Out: io.Discard, Store: store})
			defer func() { require.NoError(t, l.Close(context.Background())) }()
			recorded := httpapi.Record(l)(handler)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer close(over)
				recorded.ServeHTTP(w, r)
			}))
			defer server.Close()
			resp, err := http.Get(server.URL)
			require.NoError(t, err)
			_, err = io.Copy(io.Discard, resp.Body)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			select {
			case <-over:
				t.Error("the request ended without its record")
			default:
			}
			close(store.open)
			<-over
		})
	}
}

func TestALongAnswerIsNotHeldBack(t *testing.T) {
	l := logs.New(logs.Options{Service: "api", Out: io.Discard})
	more := make(chan struct{})
	server := httptest.NewServer(httpapi.Record(l)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "first")
		http.NewResponseController(w).Flush()
		<-more
		for range 3 {
			w.Write(make([]byte, 50_000))
		}
	})))
	defer server.Close()
	resp, err := http.Get(server.URL)
	require.NoError(t, err)
	defer resp.Body.Close()
	first := make([]byte, 5)
	_, err = io.ReadFull(resp.Body, first)
	require.NoError(t, err)
	require.Equal(t, "first", string(first), "what is flushed goes out")
	close(more)
	rest, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Len(t, rest, 150_000)
}

func TestOperator(t *testing.T) {
	ok := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, logs.From(r.Context()).Caller) })
	tests := map[string]struct {
		token  string
		header []string
		status int
	}{
		"the token opens":               {"hush", []string{"Authorization", "Bearer hush"}, http.StatusOK},
		"no token does not":             {"hush", nil, http.StatusUnauthorized},
		"another does not":              {"hush", []string{"Authorization", "Bearer other"}, http.StatusUnauthorized},
		"another scheme does not":       {"hush", []string{"Authorization", "Basic hush"}, http.StatusUnauthorized},
		"without a token nobody enters": {"", []string{"Authorization", "Bearer "}, http.StatusUnauthorized},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			layers := []httpapi.Layer{httpapi.Operator(test.token), httpapi.Only(auth.Operator)}
			w := serve(httpapi.Chain(ok, layers...), request(test.header...))
			require.Equal(t, test.status, w.Code)
			if test.status == http.StatusOK {
				require.Equal(t, "operator", w.Body.String())
				return
			}
			require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
			require.NotEmpty(t, w.Header().Get("WWW-Authenticate"))
		})
	}
}

func TestLimitBody(t *testing.T) {
	read := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			httpapi.Refuse(w, http.StatusRequestEntityTooLarge, err.Error())
		}
	})
	require.Equal(t, http.StatusOK, serve(httpapi.LimitBody(5)(read), request()).Code)
	require.Equal(t, http.StatusRequestEntityTooLarge, serve(httpapi.LimitBody(4)(read), request()).Code)
	unknown := request()
	unknown.ContentLength = -1
	require.Equal(t, http.StatusRequestEntityTooLarge, serve(httpapi.LimitBody(4)(read), unknown).Code)
}

func TestText(t *testing.T) {
	h := httpapi.Text(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for name, tt := range map[string]struct {
		target string
		want   int
	}{
		"what is text goes through":               {"/v1/things/caf%C3%A9?name=%E2%82%AC+1", http.StatusOK},
		"a path that is none is refused":          {"/v1/things/%94", http.StatusBadRequest},
		"a NUL is refused":                        {"/v1/things/%00", http.StatusBadRequest},
		"a query that is none is refused":         {"/v1/things?name=%ff", http.StatusBadRequest},
		"an escape that is none is refused":       {"/v1/things?name=%zz", http.StatusBadRequest},
		"one cannot be hidden behind the other":   {"/v1/things?name=%ff&other=%zz", http.StatusBadRequest},
		"a name in the query that is none either": {"/v1/things?%ff=1", http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tt.want, serve(h, httptest.NewRequest(http.MethodGet, tt.target, nil)).Code)
		})
	}
}
