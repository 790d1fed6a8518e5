package city

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// Screen shows how a city does: a block that changes in place on a terminal, and
// a line every few seconds elsewhere.
type Screen struct {
	out      io.Writer
	terminal bool

	mu   sync.Mutex
	tall int // lines of the block on screen; guarded by mu
}

// NewScreen returns a screen on out.
func NewScreen(out io.Writer) *Screen {
	s := &Screen{out: out}
	if f, ok := out.(*os.File); ok {
		info, err := f.Stat()
		s.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return s
}

// Say prints a line above the block.
func (s *Screen) Say(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wipe()
	fmt.Fprintln(s.out, "  "+text)
}

// Write implements [io.Writer]: what others print stands above the block.
func (s *Screen) Write(text []byte) (int, error) {
	if line := strings.TrimSpace(string(text)); line != "" {
		s.Say(line)
	}
	return len(text), nil
}

// wipe takes the block away. s.mu is held.
func (s *Screen) wipe() {
	if s.tall > 0 {
		fmt.Fprintf(s.out, "\x1b[%dA\x1b[J", s.tall)
		s.tall = 0
	}
}

// Watch shows how c does until ctx ends.
func (s *Screen) Watch(ctx context.Context, c *City) {
	every := 5 * time.Second
	if s.terminal {
		every = time.Second
	}
	var before tally
	for wait := min(every, 2*time.Second); pause(ctx, wait) == nil; wait = every {
		now := c.tally()
		s.show(now.since(before))
		before = now
	}
}

func (s *Screen) show(r rates) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.terminal {
		fmt.Fprintln(s.out, r.line())
		return
	}
	s.wipe()
	block := r.block()
	fmt.Fprint(s.out, block)
	s.tall = strings.Count(block, "\n")
}

// tally is how much has happened until a time.
type tally struct {
	at                                          time.Time
	calls, fixes                                int64
	placed, accepted, assigned, picked, brought int64

	city *City
}

func (c *City) tally() tally {
	s := c.stats
	return tally{
		time.Now(), s.calls.Load(), s.fixes.Load(),
		s.placed.Load(), s.accepted.Load(), s.assigned.Load(), s.pickedUp.Load(), s.delivered.Load(), c,
	}
}

// rates are what happened a second between two tallies.
type rates struct {
	tally
	callRate, fixRate, placeRate, bringRate float64
}

func (t tally) since(before tally) rates {
	seconds := t.at.Sub(before.at).Seconds()
	per := func(now, then int64) float64 { return float64(now-then) / seconds }
	r := rates{tally: t}
	if !before.at.IsZero() {
		r.callRate, r.fixRate = per(t.calls, before.calls), per(t.fixes, before.fixes)
		r.placeRate, r.bringRate = per(t.placed, before.placed), per(t.brought, before.brought)
	}
	return r
}

func (r rates) line() string {
	s := r.city.stats
	_, call := s.call.quantiles()
	_, moved := s.moved.quantiles()
	return fmt.Sprintf("%d couriers, %d busy | orders: %d placed, %d accepted, %d assigned, %d picked up, %d delivered, %d rated | %.0f calls/s p99 %s, %.0f fixes/s seen in p99 %s | %d sockets, %d faults%s",
		s.onDuty.Load(), s.busy.Load(), r.placed, r.accepted, r.assigned, r.picked, r.brought, s.rated.Load(),
		r.callRate, short(call), r.fixRate, short(moved), s.sockets.Load(), s.faults.Load(), r.held())
}

// held says that customers are held back, and how many are not.
func (r rates) held() string {
	if share := r.city.pace.now(); share < 0.995 {
		return fmt.Sprintf(" | all that is borne: %.0f%% of the orders that are wanted", 100*share)
	}
	return ""
}

func (r rates) block() string {
	s := r.city.stats
	return fmt.Sprintf(`
  couriers  %5d on duty  %5d busy  %6.0f fixes/s  %d declined, %d let pass
  orders    %5d placed   %5d accepted  %d assigned  %d picked up  %d delivered  %d rated   %.1f placed/s, %.1f delivered/s
            %5d rejected %5d cancelled %d not bought  %d being tracked
  platform  %5.0f calls/s  %d sockets  %d retries  %d faults%s

  in half of cases, and in 99 of 100
  a call of the API %s   an order placed %s   news on a phone %s   a courier on a map %s   door to door %s
`,
		s.onDuty.Load(), s.busy.Load(), r.fixRate, s.declined.Load(), s.ignored.Load(),
		r.placed, r.accepted, r.assigned, r.picked, r.brought, s.rated.Load(), r.placeRate, r.bringRate,
		s.rejected.Load(), s.cancelled.Load(), s.balked.Load(), s.tracking.Load(),
		r.callRate, s.sockets.Load(), s.retried.Load(), s.faults.Load(), r.held(),
		s.call.both(), s.order.both(), s.news.both(), s.moved.both(), s.door.both())
}

// both are the quantiles, to be read.
func (l *latencies) both() string {
	p50, p99 := l.quantiles()
	return short(p50) + " " + short(p99)
}

func short(d time.Duration) string {
	switch {
	case d == 0:
		return "-"
	case d < 10*time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
