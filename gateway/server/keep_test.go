package server

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/gateway/hub"
	"lastmile/shared/realtime"
)

// quiet is a line that keeps what it is given.
type quiet struct {
	heard time.Time
	pings int
	why   hub.Close
	texts []string
}

func (q *quiet) Format() hub.Format                 { return hub.WebSocket }
func (q *quiet) Encode(text []byte) []byte          { return text }
func (q *quiet) WriteAll([][]byte, time.Time) error { return nil }
func (q *quiet) Close(why hub.Close)                { q.why = why }
func (q *quiet) Ping()                              { q.pings++ }
func (q *quiet) LastHeard() time.Time               { return q.heard }

func (q *quiet) TryWrite(b []byte) (int, error) {
	q.texts = append(q.texts, string(b))
	return len(b), nil
}

func TestVisits(t *testing.T) {
	start := time.Now()
	for name, tc := range map[string]struct {
		expires time.Duration // 0 = never
		talks   bool
		at      []time.Duration // of visits
		pings   int
		code    int
		texts   []string
	}{
		"nothing is due":                   {at: []time.Duration{time.Second}},
		"a ping is due":                    {talks: true, at: []time.Duration{26 * time.Second, 27 * time.Second, 52 * time.Second}, pings: 2},
		"a silent line is cut":             {at: []time.Duration{26 * time.Second, 56 * time.Second}, pings: 1, code: hub.CodeGone},
		"a token expires":                  {expires: 10 * time.Second, at: []time.Duration{11 * time.Second}, code: hub.CodeUnauthorized},
		"a token is good until it expires": {expires: 10 * time.Second, at: []time.Duration{9 * time.Second}},
		"an old connection is asked to move once": {
			talks: true, at: []time.Duration{56 * time.Minute, 56*time.Minute + time.Second}, pings: 1,
			texts: []string{`{"move":{"in":0,"why":"this connection is old"}}`},
		},
		"one that does not move is ended": {
			talks: true, at: []time.Duration{56 * time.Minute, 58 * time.Minute}, code: hub.CodeMoved,
			texts: []string{`{"move":{"in":0,"why":"this connection is old"}}`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &Server{options: Options{}.withDefaults(), wheel: newWheel(wheelSlots)}
			s.hub = hub.New(func(*hub.Conn, string) {})
			who := Identity{Client: realtime.Client("customer", "ann")}
			if tc.expires > 0 {
				who.Expires = start.Add(tc.expires)
			}
			line := &quiet{heard: start}
			c := s.newSession(line, who)
			for _, d := range tc.at {
				if tc.talks {
					line.heard = start.Add(d)
				}
				c.visit(start.Add(d))
			}
			require.Equal(t, tc.pings, line.pings)
			require.Equal(t, tc.code, line.why.Code)
			require.Equal(t, tc.texts, line.texts)
		})
	}
}

func TestWheelVisitsEverybodyOnceARound(t *testing.T) {
	w := newWheel(4)
	all := make([]*session, 10)
	for i := range all {
		all[i] = &session{}
		w.add(all[i])
	}
	w.remove(all[3])
	w.remove(all[0])
	visits := map[*session]int{}
	for range 4 {
		w.turn(func(s *session) { visits[s]++ })
	}
	require.Len(t, visits, 8)
	for s, n := range visits {
		require.Equal(t, 1, n)
		require.False(t, s == all[0] || s == all[3], "they have left")
	}
	w.each(func(s *session) { w.remove(s) })
	w.each(func(*session) { t.Error("it is empty") })
}

func TestBucket(t *testing.T) {
	var b bucket
	now := time.Now()
	took := func(at time.Duration, n int) (taken int) {
		for range n {
			if b.take(now.Add(at), 10, 20) {
				taken++
			}
		}
		return taken
	}
	require.Equal(t, 20, took(0, 30), "a burst")
	require.Equal(t, 5, took(500*time.Millisecond, 30), "then by the second")
	require.Equal(t, 20, took(time.Hour, 30), "never more than a burst")
	require.Equal(t, 10, took(time.Hour+time.Second, 10))
	require.Equal(t, 0, took(0, 1), "and nothing for a clock that is set back")
	require.Equal(t, 10, took(time.Second, 30), "which costs nothing either")
}
