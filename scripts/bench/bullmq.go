package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// bullFigures are BullMQ's, measured beside ours or quoted.
type bullFigures struct {
	rate   float64       // jobs handled a second by a worker in process
	pushed float64       // jobs a second from add to done, in two processes; 0 if not measured
	cpu    time.Duration // of node and Redis, a job
	quoted bool
}

// quotedBullMQ is what it did on 2 cores, with nothing beside it.
var quotedBullMQ = bullFigures{rate: 18_900, cpu: 111 * time.Microsecond, quoted: true}

func (f bullFigures) source() string {
	if f.quoted {
		return "quoted"
	}
	return "measured"
}

func (f bullFigures) inProcess() string {
	return fmt.Sprintf("BullMQ %s, %s of CPU (%s)", perSecond(f.rate), us(f.cpu), f.source())
}

func (f bullFigures) endToEnd() string {
	if f.pushed == 0 {
		return f.inProcess()
	}
	return fmt.Sprintf("BullMQ, add to done: %s (%s)", perSecond(f.pushed), f.source())
}

// bullMQDir names the folder with BullMQ's bench and its installed modules.
const bullMQDir = "LASTMILE_BENCH_BULLMQ"

// runBullMQ measures BullMQ on a redis-server of its own, if both are on this
// machine.
func runBullMQ(ctx context.Context) bullFigures {
	dir := cmp.Or(os.Getenv(bullMQDir), filepath.Join("..", "shared", "judge", "bullmq"))
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		return quotedBullMQ
	}
	addr, err := freeAddr()
	if err != nil {
		return quotedBullMQ
	}
	port := addr[strings.LastIndexByte(addr, ':')+1:]
	redis, err := startProcess(addr, exec.CommandContext(ctx, "redis-server", "--port", port, "--save", "", "--appendonly", "no"))
	if err != nil {
		return quotedBullMQ
	}
	defer redis.stop()
	node := exec.CommandContext(ctx, "node", "bench.mjs", "10000", "50", "1")
	node.Dir, node.Env = dir, append(os.Environ(), "REDIS_PORT="+port)
	out, err := node.Output()
	if err != nil {
		return quotedBullMQ
	}
	return readBullMQ(out)
}

// readBullMQ reads the medians out of what its bench prints.
func readBullMQ(out []byte) bullFigures {
	var answer struct {
		Medians map[string]float64 `json:"median"`
	}
	if json.Unmarshal(out, &answer) != nil || answer.Medians["A_process_jobs_s"] == 0 {
		return quotedBullMQ
	}
	m := answer.Medians
	us := m["A_node_cpu_us_per_job"] + m["A_redis_cpu_us_per_job"]
	return bullFigures{
		rate: m["A_process_jobs_s"], pushed: m["B_end_to_end_jobs_s"], cpu: time.Duration(us * float64(time.Microsecond)),
	}
}
