package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// peersDir names the folder with the built peers of rtbench, as its README says;
// without it they are built in a copy.
const peersDir = "RTPEERS"

// rtResult is what rtbench measures of a peer.
type rtResult struct {
	Delivered, Lost, Wrong, OOO int64
	P50ms, P99ms                float64
	NodeCPUper1k, RedisCPUper1k float64
	RSSperConnKiB               float64
	IdleCPUusPerConnSec         float64
}

// rtbench is the neutral load generator with its peers.
type rtbench struct{ judge, peers string }

func openRTBench(ctx context.Context) (b rtbench, closed func(), err error) {
	closed = func() {}
	b.judge = cmp.Or(os.Getenv("LASTMILE_JUDGE"), filepath.Join("..", "shared", "judge"))
	if b.judge, err = filepath.Abs(b.judge); err != nil {
		return b, closed, err
	}
	if _, err := os.Stat(filepath.Join(b.judge, "realtime", "rtbench")); err != nil {
		return b, closed, fmt.Errorf("no rtbench in %s: set LASTMILE_JUDGE", b.judge)
	}
	if b.peers = os.Getenv(peersDir); b.peers != "" {
		return b, closed, nil
	}
	dir, err := os.MkdirTemp("", "rtpeers-")
	if err != nil {
		return b, closed, err
	}
	closed = func() { _ = os.RemoveAll(dir) }
	b.peers = filepath.Join(dir, "peers")
	build := `cp -r "$0"/realtime/peers "$1" && chmod -R u+w "$1" && cd "$1/centrifuge" && go build -o peer-centrifuge . && cd ../socketio && npm ci`
	if out, err := exec.CommandContext(ctx, "sh", "-c", build, b.judge, b.peers).CombinedOutput(); err != nil {
		return b, closed, fmt.Errorf("build the peers: %w: %.300s", err, out)
	}
	return b, closed, nil
}

// run measures one peer.
func (b rtbench) run(ctx context.Context, peer string, args ...string) (rtResult, error) {
	var r rtResult
	cmd := exec.CommandContext(ctx, "scripts/rtpeer/run", append([]string{"-peer", peer, "-json"}, args...)...)
	cmd.Env = append(os.Environ(), "LASTMILE_JUDGE="+b.judge, peersDir+"="+b.peers)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return r, fmt.Errorf("rtbench -peer %s: %w", peer, err)
	}
	return r, json.Unmarshal(out[bytes.LastIndexByte(bytes.TrimSpace(out), '\n')+1:], &r)
}

// rtPeers are run one after the other, ours first.
func rtPeers() []string { return []string{"lastmile-durable", "centrifuge-recover", "socketio"} }

// benchRealtime brings 2,000 events a second to 2,000 single users by way of the
// other node, and counts what 16,000 idle connections need.
func benchRealtime(ctx context.Context, r *report) error {
	b, closed, err := openRTBench(ctx)
	defer closed()
	if err != nil {
		r.row("events to single users across two nodes", "not measured: "+err.Error(), "", "", "", false)
		return nil
	}
	loaded, idle := map[string]rtResult{}, map[string]rtResult{}
	for _, peer := range rtPeers() {
		if loaded[peer], err = b.run(ctx, peer, "-conns", "2000", "-rate", "2000", "-seconds", "15"); err != nil {
			return err
		}
		if idle[peer], err = b.run(ctx, peer, "-conns", "16000", "-rate", "100", "-seconds", "3"); err != nil {
			return err
		}
	}
	ours := loaded["lastmile-durable"]
	r.row("lost, to the wrong user, out of order", fmt.Sprintf("%d, %d, %d of %d", ours.Lost, ours.Wrong, ours.OOO, ours.Delivered), "", "", "0, 0, 0", ours.Lost+ours.Wrong+ours.OOO == 0)
	rtRow(r, "p50, ms", "%.2f", loaded, func(x rtResult) float64 { return x.P50ms }, 0.13)
	rtRow(r, "p99, ms", "%.2f", loaded, func(x rtResult) float64 { return x.P99ms }, 0.5)
	rtRow(r, "nodes, CPU-s for 1,000 durable events", "%.3f", loaded, func(x rtResult) float64 { return x.NodeCPUper1k }, 0.085)
	rtRow(r, "Redis, CPU-s for 1,000", "%.4f", loaded, func(x rtResult) float64 { return x.RedisCPUper1k }, 0.030)
	rtRow(r, "KiB for an idle connection of 16,000", "%.1f", idle, func(x rtResult) float64 { return x.RSSperConnKiB }, 9)
	rtRow(r, "idle, µs of CPU a second for a connection", "%.1f", idle, func(x rtResult) float64 { return x.IdleCPUusPerConnSec }, 1)
	return nil
}

// rtRow puts one figure of ours beside those of the peers.
func rtRow(r *report, work, format string, by map[string]rtResult, of func(rtResult) float64, most float64) {
	peers := rtPeers()
	ours := of(by[peers[0]])
	var others []string
	for _, p := range peers[1:] {
		others = append(others, p+" "+fmt.Sprintf(format, of(by[p])))
	}
	ratio := fmt.Sprintf("%.2f", ours/of(by[peers[1]]))
	r.row(work, fmt.Sprintf(format, ours), strings.Join(others, ", "), ratio, fmt.Sprintf("≤ %v", most), ours <= most)
}
