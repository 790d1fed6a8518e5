package report_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"lastmile/emulators/redis"
	"lastmile/gateway/report"
	"lastmile/gateway/server"
	"lastmile/gateway/wsconn"
	"lastmile/shared/geo"
	"lastmile/shared/realtime"
	"lastmile/shared/track"
	"lastmile/shared/track/broadcast"
	"lastmile/shared/track/intake"
	"lastmile/shared/track/trackredis"
)

const patience = 20 * time.Second

// street is a gateway that couriers report to, with its Redis.
type street struct {
	t         *testing.T
	passes    *server.Passes
	url       string
	positions *trackredis.Store
}

func open(t *testing.T) *street {
	srv, err := redis.Start(redis.Options{Server: redis.Embedded})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	client := realtime.Connect(&goredis.Options{Addr: srv.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	kinds, err := realtime.NewKinds(realtime.Standard()...)
	require.NoError(t, err)
	publisher, err := realtime.NewPublisher(t.Context(), client, kinds, realtime.Options{})
	require.NoError(t, err)
	s := &street{t: t, positions: trackredis.New(client, trackredis.Options{})}
	s.passes, err = server.NewPasses("a key for these tests", nil)
	require.NoError(t, err)
	locations := intake.New(s.positions, nil, intake.Options{Broadcaster: broadcast.New(publisher)})
	g, err := server.New(t.Context(), publisher, s.passes, server.Options{Receiver: report.New(locations, nil)})
	require.NoError(t, err)
	h := httptest.NewServer(g.Handler())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, g.Close(ctx))
		h.Close()
	})
	s.url = "ws" + strings.TrimPrefix(h.URL, "http") + "/v1/socket"
	return s
}

// frame is what these tests read of one.
type frame struct {
	Type   string `json:"t"`
	Stream string `json:"s"`
	Data   struct {
		Courier string
		Lat     float64
	} `json:"d"`
	Welcome *struct{} `json:"welcome"`
	Done    *struct{ ID string }
	Failed  *struct{ ID, Why string }
}

// enter opens a socket that watches topics.
func (s *street) enter(client realtime.Audience, topics ...string) *websocket.Conn {
	d := websocket.Dialer{Subprotocols: []string{wsconn.Protocol}, HandshakeTimeout: patience}
	ws, _, err := d.DialContext(s.t.Context(), s.url, nil)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = ws.Close() })
	token, err := s.passes.Issue(server.Identity{Client: client, Topics: topics})
	require.NoError(s.t, err)
	watched := map[string]any{}
	for _, topic := range topics {
		watched[topic] = nil
	}
	require.NoError(s.t, ws.WriteJSON(map[string]any{"hello": map[string]any{"token": token, "topics": watched}}))
	s.until(ws, func(f frame) bool { return f.Welcome != nil })
	return ws
}

// until reads up to a frame that fits.
func (s *street) until(ws *websocket.Conn, fits func(frame) bool) frame {
	s.t.Helper()
	require.NoError(s.t, ws.SetReadDeadline(time.Now().Add(patience)))
	for {
		var f frame
		require.NoError(s.t, ws.ReadJSON(&f))
		if fits(f) {
			return f
		}
	}
}

func (s *street) send(ws *websocket.Conn, event string, data any) frame {
	s.t.Helper()
	require.NoError(s.t, ws.WriteJSON(map[string]any{"send": map[string]any{"id": "1", "t": event, "d": data}}))
	return s.until(ws, func(f frame) bool { return f.Done != nil || f.Failed != nil })
}

func fixes(lat float64, order string) any {
	return map[string]any{"fixes": []any{map[string]any{"at": time.Now(), "lat": lat, "lng": -97.74, "order": order}}}
}

func TestACourierReportsAndWatchersSeeIt(t *testing.T) {
	s := open(t)
	customer := s.enter(realtime.Client("customer", "ann"), "order:o1")
	operator := s.enter(realtime.Client("operator", "op"), "courier:ada")
	ada := s.enter(realtime.Client("courier", "ada"))
	require.NotNil(t, s.send(ada, "location.report", fixes(30.27, "o1")).Done)

	for _, ws := range []*websocket.Conn{customer, operator} {
		f := s.until(ws, func(f frame) bool { return f.Type == "courier.moved" })
		require.Equal(t, "ada", f.Data.Courier)
		require.Equal(t, 30.27, f.Data.Lat)
	}
	kept, err := s.positions.Newest(t.Context(), "ada")
	require.NoError(t, err)
	require.Len(t, kept, 1)
	near, err := s.positions.Nearby(t.Context(), geo.Point{Lat: 30.27, Lng: -97.74}, 100, 10)
	require.NoError(t, err)
	require.Len(t, near, 1)
}

func TestWhoeverSendsNonsenseIsToldWhy(t *testing.T) {
	s := open(t)
	ada, ann := s.enter(realtime.Client("courier", "ada")), s.enter(realtime.Client("customer", "ann"))
	tests := map[string]struct {
		from  *websocket.Conn
		event string
		data  any
		why   string
	}{
		"a customer is nowhere":      {ann, "location.report", fixes(30.27, ""), "only couriers"},
		"another event":              {ada, "order.changed", fixes(30.27, ""), "no such event"},
		"a latitude beyond the pole": {ada, "location.report", fixes(91, ""), "fix 0: range"},
		"no fixes":                   {ada, "location.report", map[string]any{}, "a report is"},
		"no object":                  {ada, "location.report", []int{1}, "a report is"},
		"too many":                   {ada, "location.report", map[string]any{"fixes": make([]struct{}, 251)}, "at most 250"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := s.send(test.from, test.event, test.data)
			require.NotNil(t, f.Failed)
			require.Contains(t, f.Failed.Why, test.why)
		})
	}
	require.NotNil(t, s.send(ada, "location.report", fixes(30.27, "")).Done, "and may go on")
}

// carried are the orders of a courier; asked counts the lookups.
type carried struct {
	orders map[string]bool
	asked  int
}

func (c *carried) Carries(_ context.Context, _, order string) error {
	if c.asked++; c.orders[order] {
		return nil
	}
	return server.ErrForbidden
}

type anywhere struct{}

func (anywhere) Frame(context.Context, track.CourierID, []byte) (intake.Receipt, error) {
	return intake.Receipt{}, nil
}

func TestACourierNamesOrdersOfTheirOwn(t *testing.T) {
	ada := server.Identity{Client: realtime.Client("courier", "ada")}
	own := map[string]bool{}
	for n := range 30 {
		own[fmt.Sprint(n)] = true
	}
	naming := func(from, to int, more ...string) []byte {
		var fixes []map[string]string
		for n := range 3 * (to - from) {
			fixes = append(fixes, map[string]string{"order": fmt.Sprint(from + n%(to-from))})
		}
		for _, order := range more {
			fixes = append(fixes, map[string]string{"order": order})
		}
		data, err := json.Marshal(map[string]any{"fixes": fixes})
		require.NoError(t, err)
		return data
	}
	for name, test := range map[string]struct {
		data  []byte
		asked int
		want  error
	}{
		"each is looked up once":   {naming(0, 5), 5, nil},
		"another's is refused":     {naming(0, 5, "99"), 6, report.ErrNotYours},
		"as many as one carries":   {naming(0, 20), 20, nil},
		"more are not looked up":   {naming(0, 30), 20, report.ErrTooManyOrders},
		"a fix may belong to none": {naming(0, 1, ""), 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			orders := &carried{orders: own}
			err := report.New(anywhere{}, orders).Receive(t.Context(), ada, "location.report", test.data)
			require.ErrorIs(t, err, test.want)
			require.Equal(t, test.asked, orders.asked)
		})
	}
}
