package platform

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/logs"
	"lastmile/shared/realtime"
)

// listener is an operator who is connected.
type listener struct {
	mu    sync.Mutex
	heard []told // guarded by mu
}

func (l *listener) Publish(_ context.Context, to realtime.Audience, e realtime.Event) (realtime.Receipt, error) {
	if to != realtime.Role("operator") || e.Kind != newsKind {
		return realtime.Receipt{}, errors.New("not for operators")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = append(l.heard, e.Data.(told))
	return realtime.Receipt{Reached: 1}, nil
}

// shelf keeps records, unless it is broken.
type shelf struct{ broken error }

func (s shelf) Append(context.Context, []logs.Record) error { return s.broken }

func done(operation string, r logs.Record) logs.Record {
	r.Kind, r.State, r.Operation, r.Service = logs.KindLifecycle, logs.StateOK, operation, "api"
	return r
}

func TestWhatRecordsAreAbout(t *testing.T) {
	for name, c := range map[string]struct {
		record logs.Record
		want   []string
	}{
		"a change names its path, its service and what it touched": {
			done("PUT /v1/zones/city", logs.Record{Entities: []string{"zone:city"}}), []string{"service:api", "/v1/zones/city", "zone:city"},
		},
		"a page names its job":                      {done("catalogpage", logs.Record{Job: "j1"}), []string{"service:api", "job:j1"}},
		"a read is no news":                         {done("GET /v1/orders", logs.Record{Caller: "customer:ann", Entities: []string{"order:1"}}), nil},
		"a slow read is":                            {done("GET /v1/orders", logs.Record{Caller: "customer:ann", Slow: true}), []string{"slow"}},
		"but not that of who looks at slow calls":   {done("GET /v1/slow-calls", logs.Record{Caller: "operator:olga", Slow: true}), nil},
		"positions have their own events":           {done("POST /v1/couriers/7/locations", logs.Record{Entities: []string{"courier:7"}}), nil},
		"what has only begun has changed nothing":   {logs.Record{Kind: logs.KindLifecycle, State: logs.StateStarted, Operation: "sweep"}, nil},
		"a warning is an error to be looked at":     {logs.Record{Kind: logs.KindLog, Level: "WARNING", Service: "sweep"}, []string{"error", "service:sweep"}},
		"a message names nothing but who writes it": {logs.Record{Kind: logs.KindLog, Service: "gateway", Entities: []string{"order:1"}}, []string{"service:gateway"}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, subjects(c.record)) })
	}
}

func TestNewsIsToldFourTimesASecondAtTheMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &listener{}
		n := newNews(shelf{}, func(context.Context) (audience, error) { return l, nil })
		for i := range 40 {
			require.NoError(t, n.Append(t.Context(), []logs.Record{done("page", logs.Record{Job: fmt.Sprint(i / 20)})}))
			time.Sleep(newsPause * 3 / 25) // never at the end of a pause
		}
		require.NoError(t, n.close())
		require.Len(t, l.heard, 4)
		require.Equal(t, told{About: []string{"service:api", "job:0"}}, l.heard[0])
		require.Equal(t, told{About: []string{"service:api", "job:0", "job:1"}}, l.heard[2], "what comes meanwhile is told together")
	})
}

func TestNewsIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &listener{}
		n := newNews(shelf{}, func(context.Context) (audience, error) { return l, nil })
		for i := range 2 * maxAbout {
			require.NoError(t, n.Append(t.Context(), []logs.Record{done("page", logs.Record{Job: fmt.Sprint(i)})}))
		}
		time.Sleep(newsPause)
		synctest.Wait()
		require.NoError(t, n.close())
		require.Len(t, l.heard, 1)
		require.Len(t, l.heard[0].About, maxAbout)
		require.True(t, l.heard[0].More)
	})
}

func TestNothingIsToldOf(t *testing.T) {
	record := []logs.Record{done("page", logs.Record{})}
	for name, c := range map[string]struct {
		store shelf
		open  error
		calls int
	}{
		"records that are not kept":                          {shelf{errors.New("down")}, nil, 0},
		"records of a service that may not use Redis":        {shelf{}, ErrUndeclared, 1},
		"records while Redis is away, but it is tried again": {shelf{}, errors.New("away"), 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				n := newNews(c.store, func(context.Context) (audience, error) { calls++; return nil, c.open })
				for range 2 {
					require.Equal(t, c.store.broken, n.Append(t.Context(), record))
					time.Sleep(newsPause)
					synctest.Wait()
				}
				require.NoError(t, n.close())
				require.Equal(t, c.calls, calls)
			})
		})
	}
}

func TestWhoKeepsARecordDoesNotWaitForARedisThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNews(shelf{}, func(ctx context.Context) (audience, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
		for range 8 {
			began := time.Now()
			require.NoError(t, n.Append(t.Context(), []logs.Record{done("PUT /v1/zones/city", logs.Record{})}))
			require.Zero(t, time.Since(began))
			time.Sleep(newsPause)
		}
		require.NoError(t, n.close())
	})
}
