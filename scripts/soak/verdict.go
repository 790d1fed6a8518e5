package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// bound is how much something may grow in the time that was watched, as a share
// of what there is; less than slack, in its unit, is noise.
const bound = 0.10

var slack = map[string]float64{"heap, MB": 16, "resident, MB": 32, "goroutines": 100, "file handles": 50, "keys": 300, "KB": 8, "documents": 100}

// business are the collections that are kept for good, and what they grow with.
// Beside them those may grow whose documents expire.
var business = map[string]string{
	"accounts": "people", "identities": "people", "scores": "couriers", "couriers": "couriers",
	"orders": "orders", "dispatch": "orders", "dispatch/answers": "refusals of couriers",
	"shops/stock": "items that were ever ordered", "campaigns": "campaigns", "promotions": "campaigns", "campaignTimers": "campaigns",
}

// mayGrow are the reasons why things may grow, by name. Everything else has to
// be flat.
func mayGrow() map[string]string {
	reasons := map[string]string{
		"services: resident, MB": "holds all documents in memory",
		"redis: keys":            "see each kind",
		"redis: memory, MB":      "see the keys, and what each kind holds",
	}
	for name, with := range business {
		reasons["documents: "+name] = "business: grows with " + with
	}
	return reasons
}

// line is the straight line through the figures of one thing.
type line struct {
	name        string
	first, last float64 // on the line, when the warm-up was over and at the end
	mean        float64
}

// fit lays a line through figures by least squares.
func fit(name string, at, figures []float64) line {
	n := float64(len(at))
	var sx, sy, sxx, sxy float64
	for i, x := range at {
		sx, sy, sxx, sxy = sx+x, sy+figures[i], sxx+x*x, sxy+x*figures[i]
	}
	mean, slope := sy/n, 0.0
	if d := n*sxx - sx*sx; d > 0 {
		slope = (n*sxy - sx*sy) / d
	}
	on := func(x float64) float64 { return mean + slope*(x-sx/n) }
	return line{name: name, first: on(at[0]), last: on(at[len(at)-1]), mean: mean}
}

// grown is how much there was more at the end.
func (l line) grown() float64 { return l.last - l.first }

// flat reports whether that is nothing.
func (l line) flat() bool { return l.grown() <= max(bound*l.mean, l.slack()) }

func (l line) slack() float64 {
	for unit, s := range slack {
		if strings.Contains(l.name, unit) {
			return s
		}
	}
	return 0
}

// history is all samples after the warm-up.
type history struct {
	mayGrow map[string]string        // reasons, by name
	expires map[string]time.Duration // how long keys of Redis have left at the most, where all have an end; by name
	at      []float64                // seconds
	samples []sample
}

func newHistory() *history {
	return &history{mayGrow: mayGrow(), expires: map[string]time.Duration{}}
}

// reason is why something may grow, or nothing.
func (h *history) reason(name string) string {
	if left := h.expires[name]; left > 0 {
		return fmt.Sprintf("each is gone within %v: as many as come in that time", left.Round(time.Minute))
	}
	return h.mayGrow[name]
}

func (h *history) add(at time.Duration, s sample) {
	h.at, h.samples = append(h.at, at.Seconds()), append(h.samples, s)
}

// report prints a line for everything that was counted, and returns the names of
// what grew and may not.
func (h *history) report(out io.Writer) (grew []string) {
	names := map[string]bool{}
	for _, s := range h.samples {
		for name := range s {
			names[name] = true
		}
	}
	hours := (h.at[len(h.at)-1] - h.at[0]) / time.Hour.Seconds()
	fmt.Fprintf(out, "| %d looks in %.0f minutes after the warm-up | from | to | an hour | |\n|---|---|---|---|---|\n", len(h.at), 60*hours)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		figures := make([]float64, len(h.samples))
		for i, s := range h.samples {
			figures[i] = s[name]
		}
		l := fit(name, h.at, figures)
		verdict := "flat"
		switch {
		case l.flat():
		case h.reason(name) != "":
			verdict = h.reason(name)
		default:
			verdict = fmt.Sprintf("GROWS, by more than %.0f%%", 100*bound)
			grew = append(grew, name)
		}
		fmt.Fprintf(out, "| %s | %.4g | %.4g | %+.4g | %s |\n", name, l.first, l.last, l.grown()/hours, verdict)
	}
	return grew
}
