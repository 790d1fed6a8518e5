package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// judged are days of one policy, as the judge saw them.
type judged struct {
	Instance    string  `json:"instance"`
	Policy      string  `json:"policy"`
	Undelivered float64 `json:"undelivered_pct"`
	Door        spread  `json:"click_to_door_min"`
	Pickup      spread  `json:"ready_to_pickup_min"`
	OnTime      float64 `json:"within_target_pct"`
	Offers      float64 `json:"offers_per_order"`
	Wall        float64 `json:"decide_wall_p99_ms"`
}

type spread struct {
	Mean float64 `json:"mean"`
	P90  float64 `json:"p90"`
}

// judgeDispatch has an independent judge replay days of real orders with the
// engine and with the nearest free courier. The aims are for more days than are
// on the machine.
func judgeDispatch(ctx context.Context, r *report) error {
	judge, days := filepath.Join(distanceData(), "../judge/dispatch"), filepath.Join(distanceData(), "mdrp")
	if _, err := os.Stat(judge); err != nil {
		r.row("days of real orders", "the judge is not on this machine", "", "", "", false)
		return nil
	}
	dir, err := os.MkdirTemp("", "bench-assign")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := build(ctx, judge, filepath.Join(dir, "judge"), "."); err != nil {
		return err
	}
	if err := build(ctx, ".", filepath.Join(dir, "sim"), "./scripts/dispatchsim"); err != nil {
		return err
	}
	j := &judgement{dir: dir, days: days}
	ours, naive, err := j.hear(ctx, "obedient", "60", "sim")
	if err != nil {
		return err
	}
	obedientRows(r, ours, naive)
	if ours, naive, err = j.hear(ctx, "gig", "15", "sim -gig"); err != nil {
		return err
	}
	gigRows(r, ours, naive)
	return nil
}

func build(ctx context.Context, dir, to, what string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", to, what)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", to, err, out)
	}
	return nil
}

type judgement struct{ dir, days string }

// hear returns the means of the days for the engine and for the baseline.
func (j *judgement) hear(ctx context.Context, mode, period, engine string) (ours, naive judged, err error) {
	out := filepath.Join(j.dir, mode+".json")
	cmd := exec.CommandContext(ctx, filepath.Join(j.dir, "judge"), "-data", j.days, "-travel", "ceil-second", "-mode", mode,
		"-period", period, "-policy", "naive,exec:"+filepath.Join(j.dir, engine), "-out", out)
	cmd.Stdout = io.Discard
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return ours, naive, fmt.Errorf("judge %s: %w", mode, err)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		return ours, naive, err
	}
	ours, err = mean(data, "exec:")
	if err != nil {
		return ours, naive, err
	}
	naive, err = mean(data, "naive")
	return ours, naive, err
}

// mean averages the days of a policy; of the wall times it takes the longest.
func mean(lines []byte, policy string) (judged, error) {
	var m judged
	n := 0.0
	for decoder := json.NewDecoder(bytes.NewReader(lines)); ; {
		var d judged
		if err := decoder.Decode(&d); err == io.EOF {
			break
		} else if err != nil {
			return m, err
		}
		if !strings.HasPrefix(d.Policy, policy) {
			continue
		}
		n++
		m.Undelivered += d.Undelivered
		m.Door.Mean += d.Door.Mean
		m.Pickup.Mean += d.Pickup.Mean
		m.Pickup.P90 += d.Pickup.P90
		m.OnTime += d.OnTime
		m.Offers += d.Offers
		m.Wall = max(m.Wall, d.Wall)
	}
	for _, sum := range []*float64{&m.Undelivered, &m.Door.Mean, &m.Pickup.Mean, &m.Pickup.P90, &m.OnTime, &m.Offers} {
		*sum /= n
	}
	return m, nil
}

func obedientRows(r *report, ours, naive judged) {
	r.compare("obedient couriers: click to door, min", ours.Door.Mean, naive.Door.Mean, 30.8)
	r.compare("ready to pickup, min", ours.Pickup.Mean, naive.Pickup.Mean, 1.2)
	r.compare("ready to pickup p90, min", ours.Pickup.P90, naive.Pickup.P90, 4)
	r.compare("undelivered, % (some cannot be)", ours.Undelivered, naive.Undelivered, 0.45)
}

func gigRows(r *report, ours, naive judged) {
	r.compare("couriers who refuse and dawdle: click to door, min", ours.Door.Mean, naive.Door.Mean, 32)
	r.row("on time, %", fmt.Sprintf("%.1f", ours.OnTime), fmt.Sprintf("%.1f", naive.OnTime), "", "≥ 79", ours.OnTime >= 79)
	r.compare("undelivered, % (some cannot be)", ours.Undelivered, naive.Undelivered, 0.35)
	r.compare("offers an order", ours.Offers, naive.Offers, 2.2)
	r.row("a decision, p99 of the largest day", fmt.Sprintf("%.0f ms", ours.Wall), "", "", "≤ 250 ms", ours.Wall <= 250)
}

// compare adds a row of which less is better.
func (r *report) compare(work string, ours, baseline, aim float64) {
	r.row(work, fmt.Sprintf("%.2f", ours), fmt.Sprintf("%.2f (nearest free courier)", baseline), fmt.Sprintf("%.1fx", baseline/ours),
		fmt.Sprintf("≤ %g", aim), ours <= aim)
}
