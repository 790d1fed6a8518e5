package campaigndb_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"pgregory.net/rapid"

	"lastmile/emulators/fault"
	"lastmile/emulators/race"
	"lastmile/shared/campaign"
	"lastmile/shared/event"
)

// keeper keeps one campaign: in memory, where many thousand lives are quick, or
// in the store.
type keeper interface {
	get() campaign.Campaign
	change(func(campaign.Campaign) (campaign.Campaign, error)) error
	fire(t campaign.Timer, now time.Time) error
	intents() []campaign.Timer
}

// memory is a keeper with the atomicity of the store and nothing else.
type memory struct {
	c       campaign.Campaign
	crashes bool // the next commit is made and its caller never learns
	calls   []campaign.Timer
}

func (m *memory) get() campaign.Campaign    { return m.c }
func (m *memory) intents() []campaign.Timer { return m.c.Timers() }

func (m *memory) change(f func(campaign.Campaign) (campaign.Campaign, error)) error {
	next, err := f(m.c)
	if err != nil {
		return err
	}
	if m.c = next; m.crashes {
		return errCrash
	}
	m.calls = append(m.calls, next.Timers()...)
	return nil
}

func (m *memory) fire(t campaign.Timer, now time.Time) error {
	return m.change(func(c campaign.Campaign) (campaign.Campaign, error) {
		c, err := c.Fire(t, now)
		if err == nil && c.Waits(t) && t.Kind == campaign.ReapTimer {
			c = c.Reap(now)
		}
		return c, err
	})
}

var errCrash = errors.New("crash")

// model says in the plainest words what the state should be.
type model struct {
	phase        string // draft, live, paused, ended or cancelled
	starts, ends time.Time
}

func (m *model) state(now time.Time) campaign.State {
	if over := m.phase == "live" || m.phase == "paused"; over && !now.Before(m.ends) {
		m.phase = "ended"
	}
	if m.phase == "live" && now.Before(m.starts) {
		return campaign.Scheduled
	}
	return map[string]campaign.State{
		"draft": campaign.Drafted, "live": campaign.Active, "paused": campaign.Paused, "ended": campaign.Ended, "cancelled": campaign.Cancelled,
	}[m.phase]
}

// do reports whether the action is possible, and does it.
func (m *model) do(a campaign.Action, now time.Time) bool {
	was := m.state(now)
	switch {
	case a == campaign.Publish && was == campaign.Drafted && m.ends.After(now):
		m.phase = "live"
		if m.starts.Before(now) {
			m.starts = now
		}
	case a == campaign.Pause && was == campaign.Active:
		m.phase = "paused"
	case a == campaign.Resume && was == campaign.Paused:
		m.phase = "live"
	case a == campaign.Cancel && (was == campaign.Drafted || was == campaign.Scheduled):
		m.phase = "cancelled"
	case a == campaign.End && (was == campaign.Active || was == campaign.Paused):
		m.phase = "ended"
	default:
		return false
	}
	return true
}

// life is one campaign's, with a clock.
type life struct {
	*rapid.T
	keeper
	model model
	now   time.Time
	calls []campaign.Timer // every call that was ever set, delivered or not
	lossy bool             // an error may hide an effect
}

// The clocks of these zones change in the two days after the lives begin, or go
// their own ways.
var zones = []string{"Europe/Madrid", "Asia/Beirut", "Africa/Casablanca", "Australia/Lord_Howe", "Asia/Kathmandu", "America/New_York", "UTC"}

var spring = time.Date(2026, 3, 27, 22, 0, 0, 0, time.UTC)

func (l *life) plan() campaign.Plan {
	name := rapid.SampledFrom(zones).Draw(l.T, "zone")
	zone, err := time.LoadLocation(name)
	require.NoError(l, err)
	wall := func(label string, least int) string {
		minutes := rapid.IntRange(least, 60*72).Draw(l.T, label)
		return l.now.In(zone).Add(time.Duration(minutes) * time.Minute).Format("2006-01-02T15:04")
	}
	return campaign.Plan{Zone: name, Start: wall("start", -60), End: wall("end", 1), AcceptGap: rapid.Bool().Draw(l.T, "gap")}
}

func newCampaign(l *life) campaign.Campaign {
	for {
		d := campaign.Draft{Title: "Spring", Plan: l.plan(), Terms: campaign.Terms{BasisPoints: 500}}
		c, err := campaign.New(campaign.ID(event.NewID()), "bakery", campaign.PercentOff, d, "ann", l.now)
		if err == nil {
			l.model = model{phase: "draft", starts: c.Schedule.Starts, ends: c.Schedule.Ends}
			return c
		}
	}
}

// step does one random thing and says what it was.
func (l *life) step() {
	before := l.get()
	switch rapid.IntRange(0, 9).Draw(l.T, "what") {
	case 0, 1, 2:
		l.act()
	case 3:
		l.edit()
	case 4, 5, 6:
		l.pass()
	case 7, 8:
		l.deliver()
	case 9:
		l.sweep()
	}
	l.calls = append(l.calls, l.get().Timers()...)
	l.check(before)
}

func (l *life) act() {
	a := rapid.SampledFrom([]campaign.Action{campaign.Publish, campaign.Publish, campaign.Pause, campaign.Resume, campaign.Cancel, campaign.End}).Draw(l.T, "action")
	version := l.get().Version
	want, was := l.model, l.model
	allowed := want.do(a, l.now)
	err := l.change(func(c campaign.Campaign) (campaign.Campaign, error) { return c.Do(a, "ann", l.now) })
	l.model = was
	if l.happened(err, version) {
		require.True(l, allowed, "%s of what is %s", a, was.phase)
		l.model = want
	} else if !l.lossy {
		require.False(l, allowed, "%s refused: %v", a, err)
	}
}

func (l *life) edit() {
	p, version := l.plan(), l.get().Version
	err := l.change(func(c campaign.Campaign) (campaign.Campaign, error) {
		next, _, err := c.Edit(campaign.Edit{Plan: &p}, l.now)
		return next, err
	})
	if l.happened(err, version) {
		require.False(l, l.model.state(l.now).Closed(), "an edit after the end")
		l.model.starts, l.model.ends = l.get().Schedule.Starts, l.get().Schedule.Ends
	}
}

// happened tells from the store whether a change was made: its caller may have
// crashed before the commit, or before it heard of it.
func (l *life) happened(err error, version int) bool {
	if err == nil || errors.Is(err, errCrash) || l.lossy {
		return l.get().Version != version
	}
	return false
}

// pass lets time go by, often to the edge of something.
func (l *life) pass() {
	to := l.now.Add(time.Duration(rapid.IntRange(0, 300).Draw(l.T, "minutes")) * time.Minute)
	edges := []time.Time{l.model.starts, l.model.ends, l.model.ends.Add(campaign.Grace)}
	if edge := rapid.SampledFrom(edges).Draw(l.T, "edge"); edge.After(l.now) && rapid.Bool().Draw(l.T, "to the edge") {
		to = edge.Add(time.Duration(rapid.IntRange(-1, 1).Draw(l.T, "beside")) * time.Millisecond)
	}
	if to.After(l.now) {
		l.now = to
	}
}

// deliver calls any timer that was ever set: early, late, stale, twice or never,
// and in any order.
func (l *life) deliver() {
	if len(l.calls) == 0 {
		return
	}
	t := rapid.SampledFrom(l.calls).Draw(l.T, "timer")
	before := l.get()
	err := l.fire(t, l.now)
	if after := l.get(); !before.Waits(t) || l.now.Before(t.Due) {
		require.Equal(l, before, after, "a stale or early %s had an effect", t.Kind)
	}
	if before.Waits(t) && l.now.Before(t.Due) {
		require.Error(l, err, "an early timer comes again")
	}
}

// sweep fires what is overdue, as the sweep does.
func (l *life) sweep() {
	for _, t := range l.intents() {
		if t.Due.Before(l.now) {
			if err := l.fire(t, l.now); !l.lossy {
				require.NoError(l, ignoreCrash(err))
			}
		}
	}
}

func ignoreCrash(err error) error {
	if errors.Is(err, errCrash) {
		return nil
	}
	return err
}

// check holds what is stored against the model.
func (l *life) check(before campaign.Campaign) {
	c := l.get()
	require.Equal(l, l.model.state(l.now), c.Effective(l.now), "at %s: %+v", l.now, c)
	require.ElementsMatch(l, names(c.Timers()), names(l.intents()), "an orphaned or a missing timer")
	require.GreaterOrEqual(l, c.Version, before.Version)
	require.GreaterOrEqual(l, c.Gen, before.Gen)
	require.Equal(l, c.State.Closed(), !c.Open)
	if before.State.Closed() {
		require.Equal(l, before.State, c.State, "what is closed stays so")
	}
	for i, s := range c.History {
		require.Equal(l, i == 0, s.State == campaign.Drafted, "illegal state in %+v", c.History)
		require.False(l, i > 0 && c.History[i-1].State.Closed(), "a state after the end in %+v", c.History)
		require.False(l, i > 0 && s.At.Before(c.History[i-1].At), "time runs backwards in %+v", c.History)
	}
}

func names(ts []campaign.Timer) []string {
	var all []string
	for _, t := range ts {
		all = append(all, fmt.Sprint(t.Name(), t.Due.UnixMilli()))
	}
	return slices.Sorted(slices.Values(all))
}

// settle lets everything end, by the sweep alone.
func (l *life) settle() {
	for range 3 {
		l.sweep()
		l.now = l.now.Add(5 * 24 * time.Hour)
	}
	l.sweep()
	if c := l.get(); c.State != campaign.Drafted {
		require.True(l, c.State.Closed(), "%+v", c)
		require.False(l, c.Reaped.IsZero())
		require.Empty(l, l.intents())
	}
}

// lives sets how many lives a test is of, unless -rapid.checks says so.
func lives(t *testing.T, n int) {
	t.Helper()
	checks := flag.Lookup("rapid.checks")
	if was := checks.Value.String(); was == checks.DefValue {
		require.NoError(t, checks.Value.Set(strconv.Itoa(n)))
		t.Cleanup(func() { _ = checks.Value.Set(was) })
	}
}

// TestLives is of random lives in memory. A hundred thousand take half a minute:
//
//	go test ./shared/campaign/campaigndb -run TestLives$ -rapid.checks=100000
func TestLives(t *testing.T) {
	lives(t, 2000)
	rapid.Check(t, func(rt *rapid.T) {
		m := &memory{}
		l := &life{T: rt, keeper: m, now: spring}
		m.c = newCampaign(l)
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			m.crashes = rapid.IntRange(0, 9).Draw(rt, "crash") == 0
			l.step()
			m.crashes = false
		}
		l.settle()
	})
}

// stored is a keeper in Firestore, whose calls fail before or after their effect.
type stored struct {
	*testing.T
	w  *world
	id campaign.ID
}

func (s stored) get() campaign.Campaign {
	c, err := s.w.store.Get(s.Context(), s.id)
	require.NoError(s, err)
	return c
}

func (s stored) change(f func(campaign.Campaign) (campaign.Campaign, error)) error {
	_, err := s.w.store.Change(s.Context(), s.id, f)
	return err
}

func (s stored) fire(t campaign.Timer, now time.Time) error {
	return s.w.store.Fire(s.Context(), t, now)
}

func (s stored) intents() []campaign.Timer {
	var own []campaign.Timer
	for _, t := range s.w.stored(s) {
		if t.Campaign == s.id {
			own = append(own, t)
		}
	}
	return own
}

// faulty makes the next call of a kind fail, with or without its effect, and
// keeps the client from trying again.
func faulty(rt *rapid.T, injector *fault.Injector) {
	injector.Reset()
	if rapid.IntRange(0, 3).Draw(rt, "fault") == 0 {
		injector.Add(fault.Rule{
			Method: rapid.SampledFrom([]string{"Commit", "BatchGetDocuments", "RunQuery"}).Draw(rt, "call"),
			Skip:   rapid.IntRange(0, 2).Draw(rt, "skip"), Times: 1,
			Code: codes.PermissionDenied, After: rapid.Bool().Draw(rt, "after"),
		})
	}
}

// TestStoredLives is of lives in our Firestore, whose calls fail, and in Google's
// emulator, where it is.
func TestStoredLives(t *testing.T) {
	t.Run("ours", func(t *testing.T) {
		lives(t, race.Fewer(100, 20))
		storedLives(t, newWorld(t))
	})
	t.Run("google", func(t *testing.T) {
		lives(t, 10)
		storedLives(t, worldAt(t, googles(t), "lives"))
	})
}

func storedLives(t *testing.T, w *world) {
	rapid.Check(t, func(rt *rapid.T) {
		l := &life{T: rt, now: spring, lossy: true}
		c := newCampaign(l)
		c.Shop = string(c.ID) // a lock of its own
		_, _, err := w.store.Create(context.Background(), c, nil, l.now)
		require.NoError(rt, err)
		l.keeper = faults{stored{t, w, c.ID}, rt}
		for range rapid.IntRange(1, 15).Draw(rt, "steps") {
			w.mute = rapid.Bool().Draw(rt, "mute")
			l.step()
			l.promotion(w)
		}
		l.keeper = stored{t, w, c.ID}
		l.settle()
	})
}

// faults is a stored keeper whose changes meet faults; what it is asked is told
// truly.
type faults struct {
	stored
	rt *rapid.T
}

func (f faults) change(g func(campaign.Campaign) (campaign.Campaign, error)) error {
	defer f.meet()()
	return f.stored.change(g)
}

func (f faults) fire(t campaign.Timer, now time.Time) error {
	defer f.meet()()
	return f.stored.fire(t, now)
}

// meet lets a call fail until the function that it returns; Google's never do.
func (f faults) meet() (end func()) {
	if f.w.server == nil {
		return func() {}
	}
	faulty(f.rt, f.w.server.Faults)
	return f.w.server.Faults.Reset
}

// promotion checks that who sells sees the state that the model has.
func (l *life) promotion(w *world) {
	c := l.get()
	r := w.store.Read(c.Shop, "", nil)
	require.NoError(l, w.db.Fetch(context.Background(), r.Fetchers()...))
	require.Equal(l, l.model.state(l.now) == campaign.Active, len(r.Offers(l.now).Promotions) == 1)
}
