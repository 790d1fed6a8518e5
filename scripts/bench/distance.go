package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lastmile/shared/geo"
	"lastmile/shared/road"
	"lastmile/shared/road/city"
	"lastmile/shared/road/network"
	"lastmile/shared/road/profile"
	"lastmile/shared/road/roadfile"
)

// benchDistance measures the distance function over loopback HTTP, in a process
// of its own that has one processor.
func benchDistance(ctx context.Context, r *report) error {
	dir, err := os.MkdirTemp("", "bench-distance")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	extracts := map[string]string{"Malta": filepath.Join(distanceData(), "osm/malta-2018.osm.pbf")}
	for name, nodes := range map[string]int{"350k nodes, Porto's size": 350_000, "1M nodes": 1_000_000} {
		extracts[name] = filepath.Join(dir, fmt.Sprintf("%d.osm.pbf", nodes))
		if err := writeCity(extracts[name], nodes); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(extracts)) {
		extract := extracts[name]
		if _, err := os.Stat(extract); err != nil {
			r.row(name, "not on this machine", "", "", "", false)
			continue
		}
		f := &distanceFigures{name: name, file: filepath.Join(dir, "roads")}
		if err := f.measure(ctx, extract); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		f.print(r)
	}
	return nil
}

func distanceData() string {
	if dir := os.Getenv("LASTMILE_TESTDATA"); dir != "" {
		return dir
	}
	return "../shared/data"
}

func writeCity(path string, nodes int) error {
	var b bytes.Buffer
	if err := city.Write(&b, city.Options{Nodes: nodes}); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o600)
}

// distanceFigures are those of one map.
type distanceFigures struct {
	name, file string

	prepare, start, reweight                     time.Duration
	many, fewer, square, registered, route, near time.Duration
	resident, idle                               int64
}

func (f *distanceFigures) measure(ctx context.Context, extract string) error {
	changes, places, err := f.prepareFile(extract)
	if err != nil {
		return err
	}
	p, err := startDistance(ctx, f.file)
	if err != nil {
		return err
	}
	defer p.stop()
	f.start = p.took
	if f.idle, err = p.resident(); err != nil {
		return err
	}
	if err := f.ask(ctx, p, places); err != nil {
		return err
	}
	if f.resident, err = p.resident(); err != nil {
		return err
	}
	began := time.Now()
	err = p.send(ctx, http.MethodPut, "/v1/traffic", changes)
	f.reweight = time.Since(began)
	return err
}

// prepareFile makes the file, and returns traffic on it and places in it.
func (f *distanceFigures) prepareFile(extract string) (changes string, places []geo.Point, err error) {
	car := profile.Car()
	n, err := network.Build(roadfile.Extract(extract), car)
	if err != nil {
		return "", nil, err
	}
	for i := 0; i < len(n.Lat); i += max(1, len(n.Lat)/20_000) {
		places = append(places, geo.Point{Lat: float64(n.Lat[i])*1e-7 + 2e-4, Lng: float64(n.Lng[i]) * 1e-7})
	}
	var edits []string
	for c := 0; c+1 < len(n.First) && len(edits) < 1000; c += len(n.First)/1000 + 1 {
		if i := n.First[c]; n.Arcs[2*c] != network.None {
			edits = append(edits, fmt.Sprintf(`{"from":%d,"to":%d,"kmh":%d}`, n.Node[i], n.Node[i+1], 5+c%40))
		}
	}
	began := time.Now()
	m, err := road.Prepare(n, car, road.Options{})
	f.prepare = time.Since(began)
	if err != nil {
		return "", nil, err
	}
	return `{"changes":[` + strings.Join(edits, ",") + `]}`, places, roadfile.Write(f.file, m)
}

// distanceProcess is a distance function in a process of its own.
type distanceProcess struct {
	*process
	took   time.Duration // until it was ready
	client *http.Client
	answer bytes.Buffer // used again: the caller's memory is not what is measured
}

func startDistance(ctx context.Context, file string) (*distanceProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, distanceChild, addr)
	cmd.Env, cmd.Stderr = append(os.Environ(), "GOMAXPROCS=1", roadFile+"="+file), os.Stderr
	began := time.Now()
	p, err := startProcess(addr, cmd)
	if err != nil {
		return nil, err
	}
	d := &distanceProcess{process: p, client: &http.Client{Timeout: time.Minute}}
	for {
		err := d.send(ctx, http.MethodGet, "/health", "")
		if err == nil {
			d.took = time.Since(began)
			return d, nil
		}
		if ctx.Err() != nil || time.Since(began) > time.Minute {
			d.stop()
			return nil, err
		}
		time.Sleep(time.Millisecond)
	}
}

func (p *distanceProcess) send(ctx context.Context, method, path, body string) error {
	r, err := http.NewRequestWithContext(ctx, method, "http://"+p.addr+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	w, err := p.client.Do(r)
	if err != nil {
		return err
	}
	defer w.Body.Close()
	p.answer.Reset()
	_, err = p.answer.ReadFrom(w.Body)
	if err == nil && w.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s answered %d: %.300s", method, path, w.StatusCode, p.answer.Bytes())
	}
	return err
}

// ask takes the medians of all kinds of requests, each with places of its own.
func (f *distanceFigures) ask(ctx context.Context, p *distanceProcess, places []geo.Point) error {
	d := rand.New(rand.NewPCG(1, 2))
	some := func(n int) string {
		var b []string
		for range n {
			b = append(b, lngLat(places[d.IntN(len(places))], "[%.6f,%.6f]"))
		}
		return "[" + strings.Join(b, ",") + "]"
	}
	table := func(m, n int) func() (string, string, string) {
		return func() (string, string, string) {
			return http.MethodPost, "/v1/table", fmt.Sprintf(`{"sources":%s,"targets":%s,"timeoutMillis":10000}`, some(m), some(n))
		}
	}
	ids, err := f.register(ctx, p, places)
	if err != nil {
		return err
	}
	for _, q := range []struct {
		to      *time.Duration
		request func() (method, path, body string)
	}{
		{&f.near, func() (string, string, string) {
			return http.MethodGet, "/nearest/v1/car/" + lngLat(places[d.IntN(len(places))], "%.6f,%.6f"), ""
		}},
		{&f.many, table(500, 1)}, {&f.fewer, table(100, 1)}, {&f.square, table(100, 100)},
		{&f.registered, func() (string, string, string) {
			return http.MethodPost, "/v1/table", fmt.Sprintf(`{"sources":%s,"targets":%s}`, ids, some(1))
		}},
		{&f.route, func() (string, string, string) {
			a, b := places[d.IntN(len(places))], places[d.IntN(len(places))]
			return http.MethodGet, "/route/v1/car/" + lngLat(a, "%.6f,%.6f;") + lngLat(b, "%.6f,%.6f") + "?overview=false", ""
		}},
	} {
		if err := p.median(ctx, q.to, q.request); err != nil {
			return err
		}
	}
	return nil
}

func lngLat(p geo.Point, format string) string { return fmt.Sprintf(format, p.Lng, p.Lat) }

// register makes 500 places couriers, and returns their ids.
func (f *distanceFigures) register(ctx context.Context, p *distanceProcess, places []geo.Point) (string, error) {
	var bodies, ids []string
	for i := range 500 {
		at := places[i*len(places)/500]
		bodies = append(bodies, fmt.Sprintf(`{"id":"courier-%d","lat":%f,"lng":%f}`, i, at.Lat, at.Lng))
		ids = append(ids, fmt.Sprintf(`"courier-%d"`, i))
	}
	err := p.send(ctx, http.MethodPut, "/v1/couriers", `{"couriers":[`+strings.Join(bodies, ",")+`]}`)
	return "[" + strings.Join(ids, ",") + "]", err
}

func (p *distanceProcess) median(ctx context.Context, to *time.Duration, request func() (method, path, body string)) error {
	const warm, rounds = 50, 300
	var took []time.Duration
	for i := range warm + rounds {
		method, path, body := request()
		began := time.Now()
		err := p.send(ctx, method, path, body)
		if err != nil && !strings.Contains(err.Error(), "NoRoute") && !strings.Contains(err.Error(), "NoSegment") {
			return err
		}
		if i >= warm && err == nil {
			took = append(took, time.Since(began))
		}
	}
	slices.Sort(took)
	*to = took[len(took)/2]
	return nil
}

func (f *distanceFigures) print(r *report) {
	row := func(work string, ours, aim, osrm time.Duration) {
		baseline, ratio := "", ""
		if osrm > 0 {
			baseline, ratio = osrm.String()+" (OSRM, Porto, elsewhere)", fmt.Sprintf("%.0fx", float64(osrm)/float64(ours))
		}
		r.row(f.name+": "+work, ours.Round(time.Microsecond).String(), baseline, ratio, "≤ "+aim.String(), ours <= aim)
	}
	row("500×1", f.many, time.Millisecond, 30_400*time.Microsecond)
	row("500×1, registered couriers", f.registered, 600*time.Microsecond, 0)
	row("100×1", f.fewer, 400*time.Microsecond, 6300*time.Microsecond)
	row("100×100", f.square, 5*time.Millisecond, 14*time.Millisecond)
	row("route without its shape", f.route, 100*time.Microsecond, 255*time.Microsecond)
	row("nearest", f.near, 100*time.Microsecond, 0)
	row("order and contraction", f.prepare, 15*time.Second, 36*time.Second)
	row("start", f.start, 50*time.Millisecond, 70*time.Millisecond)
	row("other weights for 1,000 segments", f.reweight, 100*time.Millisecond, 380*time.Second)
	megabytes := func(n int64) string { return fmt.Sprintf("%.0f MB", float64(n)/1e6) }
	r.row(f.name+": memory at start, and after all requests", megabytes(f.idle)+", "+megabytes(f.resident), "43-51 MB (OSRM, Porto)", "", "≤ 50 MB beyond Go's", f.resident <= 65e6)
}
