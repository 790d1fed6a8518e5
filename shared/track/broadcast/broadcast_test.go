package broadcast_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"lastmile/emulators/redis"
	"lastmile/shared/geo"
	"lastmile/shared/realtime"
	"lastmile/shared/track"
	"lastmile/shared/track/broadcast"
)

// events are what was published, by audience.
type events struct {
	sent map[realtime.Audience]realtime.Event
	deaf realtime.Audience
}

func (e *events) Publish(_ context.Context, to realtime.Audience, event realtime.Event) (realtime.Receipt, error) {
	if to == e.deaf {
		return realtime.Receipt{}, errors.New("nobody hears " + to.Name())
	}
	e.sent[to] = event
	return realtime.Receipt{}, nil
}

var (
	ada = track.Fix{Courier: "ada", Order: "o1", At: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), Seq: 3, Point: geo.Point{Lat: 30.27, Lng: -97.74}, Speed: 4.5}
	bob = track.Fix{Courier: "bob", At: ada.At, Point: geo.Point{Lat: 31, Lng: -97}}
)

func TestWatchersOfTheCourierAndOfTheOrderAreTold(t *testing.T) {
	e := &events{sent: map[realtime.Audience]realtime.Event{}}
	require.NoError(t, broadcast.New(e).Broadcast(t.Context(), ada, bob))
	require.Len(t, e.sent, 3)
	for _, to := range []realtime.Audience{realtime.Topic("courier", "ada"), realtime.Topic("order", "o1")} {
		require.Equal(t, "ada", e.sent[to].Key, "it replaces the courier's position before")
		data, err := json.Marshal(e.sent[to].Data)
		require.NoError(t, err)
		require.JSONEq(t, `{"courier":"ada","order":"o1","at":"2026-11-22T12:00:00Z","seq":3,"lat":30.27,"lng":-97.74,"speed":4.5}`, string(data))
	}
	require.Contains(t, e.sent, realtime.Topic("courier", "bob"))
}

func TestOneThatCannotBeToldDoesNotStopTheOthers(t *testing.T) {
	e := &events{sent: map[realtime.Audience]realtime.Event{}, deaf: realtime.Topic("courier", "ada")}
	require.ErrorContains(t, broadcast.New(e).Broadcast(t.Context(), ada, bob), "courier:ada")
	require.Contains(t, e.sent, realtime.Topic("order", "o1"))
	require.Contains(t, e.sent, realtime.Topic("courier", "bob"))
}

func TestALazyOneOpensWhenItCan(t *testing.T) {
	e := &events{sent: map[realtime.Audience]realtime.Event{}}
	opened := 0
	b := broadcast.Lazy(func(context.Context) (broadcast.Publisher, error) {
		if opened++; opened == 1 {
			return nil, errors.New("redis is away")
		}
		return e, nil
	})
	require.ErrorContains(t, b.Broadcast(t.Context(), ada), "redis is away")
	require.NoError(t, b.Broadcast(t.Context(), ada))
	require.NoError(t, b.Broadcast(t.Context(), bob))
	require.Equal(t, 2, opened)
	require.Len(t, e.sent, 3)
}

func TestTheKindIsInTheTable(t *testing.T) {
	srv, err := redis.Start(redis.Options{Server: redis.Embedded})
	require.NoError(t, err)
	defer func() { require.NoError(t, srv.Close()) }()
	client := goredis.NewClient(&goredis.Options{Addr: srv.Addr()})
	defer func() { require.NoError(t, client.Close()) }()
	kinds, err := realtime.NewKinds(realtime.Standard()...)
	require.NoError(t, err)
	p, err := realtime.NewPublisher(t.Context(), client, kinds, realtime.Options{})
	require.NoError(t, err)
	require.NoError(t, broadcast.New(p).Broadcast(t.Context(), ada, bob))
}
