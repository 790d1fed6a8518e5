package fault_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lastmile/emulators/fault"
)

// unary sends one call of method through in and returns how often the handler ran.
func unary(ctx context.Context, in *fault.Injector, method string) (ran int, err error) {
	info := &grpc.UnaryServerInfo{FullMethod: "/google.firestore.v1.Firestore/" + method}
	_, err = in.Unary()(ctx, nil, info, func(context.Context, any) (any, error) {
		ran++
		return "done", nil
	})
	return ran, err
}

func TestUnary(t *testing.T) {
	type call struct {
		method string
		code   codes.Code
		ran    int
	}
	for name, tc := range map[string]struct {
		rules []fault.Rule
		calls []call
	}{
		"without rules every call passes": {
			calls: []call{{"Commit", codes.OK, 1}},
		},
		"a rule without a method fails every call": {
			rules: []fault.Rule{{Code: codes.Unavailable}},
			calls: []call{{"Commit", codes.Unavailable, 0}, {"RunQuery", codes.Unavailable, 0}},
		},
		"a rule leaves other methods alone": {
			rules: []fault.Rule{{Method: "Commit", Code: codes.Aborted}},
			calls: []call{{"RunQuery", codes.OK, 1}, {"Commit", codes.Aborted, 0}},
		},
		"skip and times pick the calls in the middle": {
			rules: []fault.Rule{{Code: codes.Aborted, Skip: 1, Times: 2}},
			calls: []call{{"Commit", codes.OK, 1}, {"Commit", codes.Aborted, 0}, {"Commit", codes.Aborted, 0}, {"Commit", codes.OK, 1}},
		},
		"after does the work and loses the answer": {
			rules: []fault.Rule{{Code: codes.Unavailable, After: true, Times: 1}},
			calls: []call{{"Commit", codes.Unavailable, 1}, {"Commit", codes.OK, 1}},
		},
		"a spent rule makes room for the one behind it": {
			rules: []fault.Rule{{Code: codes.Aborted, Times: 1}, {Code: codes.Internal, Times: 1}},
			calls: []call{{"Commit", codes.Aborted, 0}, {"Commit", codes.Internal, 0}, {"Commit", codes.OK, 1}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var in fault.Injector
			for _, r := range tc.rules {
				in.Add(r)
			}
			for n, c := range tc.calls {
				ran, err := unary(t.Context(), &in, c.method)
				require.Equal(t, c.code, status.Code(err), "call %d: %v", n, err)
				require.Equal(t, c.ran, ran, "call %d", n)
			}
		})
	}
}

func TestRemoveTakesOutOneRuleAndResetAll(t *testing.T) {
	var in fault.Injector
	remove := in.Add(fault.Rule{Code: codes.Aborted})
	in.Add(fault.Rule{Code: codes.Internal})

	_, err := unary(t.Context(), &in, "Commit")
	require.Equal(t, codes.Aborted, status.Code(err))
	remove()
	remove()
	_, err = unary(t.Context(), &in, "Commit")
	require.Equal(t, codes.Internal, status.Code(err))
	in.Reset()
	_, err = unary(t.Context(), &in, "Commit")
	require.NoError(t, err)
}

func TestTimesIsExactUnderConcurrency(t *testing.T) {
	var in fault.Injector
	in.Add(fault.Rule{Code: codes.Unavailable, Skip: 10, Times: 30})
	var failed atomic.Int64
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for range 10 {
				if _, err := unary(t.Context(), &in, "Commit"); err != nil {
					failed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 30, failed.Load())
}

func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var in fault.Injector
		in.Add(fault.Rule{Delay: time.Minute})
		start := time.Now()
		ran, err := unary(t.Context(), &in, "Commit")
		require.NoError(t, err)
		require.Equal(t, 1, ran)
		require.Equal(t, time.Minute, time.Since(start))

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		ran, err = unary(ctx, &in, "Commit")
		require.Equal(t, codes.DeadlineExceeded, status.Code(err), "the delay outlives the caller")
		require.Zero(t, ran)
	})
}

func TestStream(t *testing.T) {
	var in fault.Injector
	in.Add(fault.Rule{Method: "Listen", Code: codes.Unavailable, Times: 1})
	in.Add(fault.Rule{Method: "Listen", Code: codes.Internal, After: true, Times: 1})
	opened := 0
	open := func() error {
		info := &grpc.StreamServerInfo{FullMethod: "/google.firestore.v1.Firestore/Listen"}
		return in.Stream()(nil, stream{ctx: t.Context()}, info, func(any, grpc.ServerStream) error {
			opened++
			return nil
		})
	}
	require.Equal(t, codes.Unavailable, status.Code(open()))
	require.Zero(t, opened)
	require.Equal(t, codes.Internal, status.Code(open()))
	require.Equal(t, 1, opened)
	require.NoError(t, open())
}

type stream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s stream) Context() context.Context { return s.ctx }

func TestHTTP(t *testing.T) {
	for name, tc := range map[string]struct {
		rule   fault.Rule
		status int
		ran    int
	}{
		"a verb and a path prefix match":            {fault.Rule{Method: "POST /upload", Code: codes.Unavailable}, 503, 0},
		"another verb does not match":               {fault.Rule{Method: "GET /upload", Code: codes.Unavailable}, 200, 1},
		"another path does not match":               {fault.Rule{Method: "POST /download", Code: codes.Unavailable}, 200, 1},
		"a path alone matches every verb":           {fault.Rule{Method: "/upload", Code: codes.NotFound}, 404, 0},
		"a verb alone matches every path":           {fault.Rule{Method: "POST", Code: codes.ResourceExhausted}, 429, 0},
		"after does the work and loses the answer":  {fault.Rule{Code: codes.Internal, After: true}, 500, 1},
		"a rule that only delays keeps the answer":  {fault.Rule{Delay: 1}, 200, 1},
		"a conflict is reported as a conflict":      {fault.Rule{Code: codes.Aborted}, 409, 0},
		"a refused caller is reported as forbidden": {fault.Rule{Code: codes.PermissionDenied}, 403, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var in fault.Injector
			in.Add(tc.rule)
			ran := 0
			h := in.HTTP(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				ran++
				_, _ = w.Write([]byte("the answer"))
			}))
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("POST", "/upload/storage/v1/b", nil))
			require.Equal(t, tc.status, w.Code)
			require.Equal(t, tc.ran, ran)
			require.Equal(t, tc.status == 200, strings.Contains(w.Body.String(), "the answer"))
		})
	}
}

func BenchmarkUnaryWithoutRules(b *testing.B) {
	b.ReportAllocs()
	var in fault.Injector
	info := &grpc.UnaryServerInfo{FullMethod: "/google.firestore.v1.Firestore/Commit"}
	call := in.Unary()
	handle := func(context.Context, any) (any, error) { return nil, nil }
	for b.Loop() {
		_, _ = call(b.Context(), nil, info, handle)
	}
}
