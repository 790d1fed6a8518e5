package main

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// report is what a load has shown.
type report struct {
	options  options
	measured time.Time
	series   []*series
}

// table writes the figures as Markdown, in milliseconds, and why what failed did.
func (r *report) table(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\n| in milliseconds | done | a second | p50 | p90 | p99 | p99.9 | most | failed |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, s := range r.series {
		n := s.all.TotalCount()
		fmt.Fprintf(&b, "| %s | %d | %.1f | %.2f | %.2f | %.2f | %.2f | %.2f | %d |\n", s.name, n, float64(n)/r.options.lasts.Seconds(),
			at(s.all, 50), at(s.all, 90), at(s.all, 99), at(s.all, 99.9), float64(s.all.Max())/1000, s.failures())
	}
	for _, s := range r.series {
		for _, why := range slices.SortedFunc(maps.Keys(s.failed), func(a, b string) int { return cmp.Compare(s.failed[b], s.failed[a]) }) {
			fmt.Fprintf(&b, "\n%s: %d times %s\n", s.name, s.failed[why], why)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// write leaves report.md in a folder, with its pictures.
func (r *report) write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Load on %s\n\n%s, for %s: %d sockets, %d producers, %g orders a second.\n",
		r.options.api, r.measured.UTC().Format(time.RFC3339), r.options.lasts, r.options.sockets, r.options.producers, r.options.orders)
	if err := r.table(&b); err != nil {
		return err
	}
	b.WriteString("\n![How long it took, by share of the cases](quantiles.svg)\n\n![How long it took, over time](time.svg)\n")
	for name, c := range map[string]chart{"quantiles.svg": r.quantiles(), "time.svg": r.overTime()} {
		if err := c.write(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, "report.md"), []byte(b.String()), 0o644)
}

// Charts are this wide and high, in pixels, within margins.
const (
	width, height            = 900, 460
	left, right, top, bottom = 70, 30, 40, 150
)

// chart is a picture of lines; upwards it is logarithmic, from 0.1 ms on.
type chart struct {
	Title           string
	Width, Height   int
	Across, Upwards []mark
	Lines           []line
}

type mark struct {
	At   float64
	Text string
}

type line struct {
	Name, Colour, Points string
	Dashed               bool
	X, Y                 int // of its name
}

//go:embed chart.svg
var chartSVG string

func (c chart) write(path string) error {
	t, err := template.New("chart").Parse(chartSVG)
	if err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return cmp.Or(t.Execute(f, c), f.Close())
}

func (r *report) newChart(title string) chart {
	c := chart{Title: title, Width: width, Height: height}
	for ms := 0.1; ms <= r.most(); ms *= 10 {
		c.Upwards = append(c.Upwards, mark{r.up(ms), fmt.Sprintf("%g ms", math.Round(ms*10)/10)})
	}
	return c
}

// most is the top of the pictures, in milliseconds: a power of ten.
func (r *report) most() float64 {
	most := 10.0
	for _, s := range r.series {
		for most < float64(s.all.Max())/1000 {
			most *= 10
		}
	}
	return most
}

func (r *report) up(ms float64) float64 {
	share := math.Log10(max(ms, 0.1)/0.1) / math.Log10(r.most()/0.1)
	return height - bottom - share*(height-top-bottom)
}

func across(share float64) float64 { return left + share*(width-left-right) }

func (c *chart) add(i int, name string, dashed bool, points []string) {
	colours := []string{"#2563eb", "#059669", "#d97706", "#7c3aed", "#dc2626", "#0891b2"}
	n := len(c.Lines)
	c.Lines = append(c.Lines, line{
		Name: name, Colour: colours[i%len(colours)], Points: strings.Join(points, " "), Dashed: dashed,
		X: left + n%2*(width-left-right)/2, Y: height - bottom + 45 + n/2*18,
	})
}

// quantiles are drawn so that each further nine of the percentile is as wide.
func (r *report) quantiles() chart {
	c := r.newChart("How long it took, by share of the cases")
	const nines = 4
	place := func(percent float64) float64 { return across(-math.Log10(1-percent/100) / nines) }
	for _, percent := range []float64{0, 50, 90, 99, 99.9, 99.99} {
		c.Across = append(c.Across, mark{place(percent), fmt.Sprintf("%g%%", percent)})
	}
	for i, s := range r.series {
		var points []string
		for step := 0.05; step <= nines; step += 0.05 {
			percent := 100 * (1 - math.Pow(10, -step))
			points = append(points, fmt.Sprintf("%.1f,%.1f", place(percent), r.up(at(s.all, percent))))
		}
		c.add(i, s.name, false, points)
	}
	return c
}

// overTime draws the median and, dashed, the 99th percentile of every second.
func (r *report) overTime() chart {
	c := r.newChart("How long it took, over time: half of the cases, and 99 of 100 (dashed)")
	seconds := r.options.lasts.Seconds()
	for i := range 7 {
		c.Across = append(c.Across, mark{across(float64(i) / 6), fmt.Sprintf("%.0f s", seconds*float64(i)/6)})
	}
	for i, s := range r.series {
		if s.began != r.measured {
			continue // sockets connect before
		}
		c.add(i, s.name, false, r.bySecond(s, 50))
		c.add(i, s.name+", p99", true, r.bySecond(s, 99))
	}
	return c
}

func (r *report) bySecond(s *series, percent float64) (points []string) {
	for second, h := range s.seconds {
		if h != nil {
			points = append(points, fmt.Sprintf("%.1f,%.1f", across(float64(second)/r.options.lasts.Seconds()), r.up(at(h, percent))))
		}
	}
	return points
}
