package tasks

import (
	"hash/fnv"
	"strconv"
	"sync/atomic"
	"time"
)

// Mischief says which share of the tasks, from 0 to 1, is delivered badly. The
// choice depends on Seed and the task's name (for unnamed tasks, the order of
// creation in the queue), never on timing: the same run picks the same tasks.
type Mischief struct {
	Seed   uint64
	Drop   float64 // vanish undelivered, which the real service does not do: it proves sweeps
	Double float64 // share of the attempts that are sent twice at once
	Early  float64 // fire EarlyBy before their time
	Late   float64 // fire up to LateBy after their time, overtaken by later ones

	EarlyBy time.Duration // 0 = as soon as they are created
	LateBy  time.Duration // 0 = 100 ms
}

// Deliveries is the knob for mischief; the zero Deliveries is honest.
type Deliveries struct{ now atomic.Pointer[Mischief] }

// Set applies m to tasks created and attempts begun from now on.
func (d *Deliveries) Set(m Mischief) { d.now.Store(&m) }

// Reset ends all mischief.
func (d *Deliveries) Reset() { d.now.Store(nil) }

func (d *Deliveries) drops(lot string) bool {
	m := d.now.Load()
	return m != nil && m.draw("drop", lot) < m.Drop
}

func (d *Deliveries) doubles(lot string, attempt int32) bool {
	m := d.now.Load()
	return m != nil && m.draw("double "+strconv.Itoa(int(attempt)), lot) < m.Double
}

// due returns when a task scheduled for at is dispatched.
func (d *Deliveries) due(lot string, at, now time.Time) time.Time {
	m := d.now.Load()
	if m == nil {
		return at
	}
	if m.draw("early", lot) < m.Early {
		if early := at.Add(-m.EarlyBy); m.EarlyBy > 0 && early.After(now) {
			return early
		}
		return now
	}
	if m.draw("late", lot) < m.Late {
		longest := m.LateBy
		if longest == 0 {
			longest = 100 * time.Millisecond
		}
		return at.Add(time.Duration(m.draw("late by", lot) * float64(longest)))
	}
	return at
}

// draw is a number in [0, 1) that depends on the seed, the trick and the lot.
func (m *Mischief) draw(trick, lot string) float64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(strconv.FormatUint(m.Seed, 36) + "/" + trick + "/" + lot))
	return float64(mix(h.Sum64())>>11) / (1 << 53)
}

// mix spreads FNV's sum over all bits; the low ones of short inputs are poor.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
