package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"lastmile/emulators/fault"
	"lastmile/emulators/stack"
	"lastmile/functions/api"
	"lastmile/shared/docs"
	"lastmile/shared/httpapi"
	"lastmile/shared/logs"
	"lastmile/shared/logs/logsdb"
	"lastmile/shared/platform"
)

// benchLogs measures what records cost requests, how fast they are kept, and what
// a crash loses of them.
func benchLogs(ctx context.Context, r *report) error {
	s, err := stack.Start(ctx, stack.Options{Quiet: true})
	if err != nil {
		return err
	}
	defer s.Close()
	for _, trip := range []time.Duration{0, 5 * time.Millisecond} {
		if err := benchRecorded(ctx, r, s, trip); err != nil {
			return err
		}
	}
	return errors.Join(benchKept(ctx, r, s), benchCrash(ctx, r, s))
}

const (
	recordedCalls   = 60 // in all fewer than an operator may make at once
	recordedRounds  = 6
	recordedClients = 4 // each with a connection of its own
)

// benchRecorded compares calls of the API that leave records with calls that leave
// none, as their callers see it, where each round trip to the database takes so
// much longer than to an emulator.
func benchRecorded(ctx context.Context, r *report, s *stack.Stack, trip time.Duration) error {
	if trip > 0 {
		defer s.Firestore.Faults.Add(fault.Rule{Delay: trip})()
	}
	urls := make(map[bool]string)
	for _, kept := range []bool{true, false} {
		p := platform.New(s.Config, logs.Options{Service: "api", Out: io.Discard})
		if !kept {
			p.Logs = logs.New(logs.Options{Service: "api", Out: io.Discard, Level: slog.LevelError})
		}
		defer p.Close(context.WithoutCancel(ctx))
		h, err := api.Spec().Handler(p)
		if err != nil {
			return err
		}
		server := httptest.NewServer(h)
		defer server.Close()
		urls[kept] = server.URL
	}
	clients := make([]http.Client, recordedClients)
	for i := range clients {
		clients[i].Transport = &http.Transport{}
		defer clients[i].CloseIdleConnections()
	}
	took := make(map[bool][]time.Duration)
	err := shuffled(recordedRounds, []bool{true, false}, func(kept bool) error {
		for i := range recordedCalls {
			start := time.Now()
			if err := fetchJobs(ctx, &clients[i%recordedClients], urls[kept], s.Operator); err != nil {
				return err
			}
			took[kept] = append(took[kept], time.Since(start))
		}
		return nil
	})
	on, off := percentile(took[true], 50), percentile(took[false], 50)
	slower := 100 * (on.Seconds()/off.Seconds() - 1)
	work := "GET /v1/jobs with its record, p50, database at hand"
	if trip > 0 {
		work = fmt.Sprintf("the same with a database that is %s away", trip)
	}
	r.row(work, ms(on), ms(off)+" without records", fmt.Sprintf("%+.0f%%", slower), "≤ 5% slower", slower <= 5)
	return err
}

func fetchJobs(ctx context.Context, c *http.Client, url, operator string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/v1/jobs?limit=20", nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+operator)
	return spent(c.Do(req))
}

// spent reads an answer to its end.
func spent(resp *http.Response, err error) error {
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s: %s", resp.Request.URL, resp.Status)
	}
	return nil
}

const keptRecords = 20_000

// benchKept measures how fast records reach the database, all of them.
func benchKept(ctx context.Context, r *report, s *stack.Stack) error {
	p := platform.New(s.Config, logs.Options{Service: "unused", Out: io.Discard})
	l := logs.New(logs.Options{Service: "bench", Out: io.Discard, Store: logsdb.New(p.Docs), Buffer: keptRecords})
	start := time.Now()
	for i := range keptRecords {
		l.Logger().InfoContext(ctx, "something happened", slog.Int("i", i), slog.String("what", "a courier moved"))
	}
	if err := l.Close(ctx); err != nil {
		return err
	}
	rate := keptRecords / time.Since(start).Seconds()
	r.row("records written and kept, one process", fmt.Sprintf("%.0f/s", rate), "-", "", "", true)
	return p.Close(ctx)
}

// recordsChild is the argument that makes this program a service to be killed. Its
// database is where FIRESTORE_EMULATOR_HOST says.
const recordsChild = "child-records"

// serveRecords is the body of the child: a service whose requests leave records.
func serveRecords(ctx context.Context, addr string) error {
	db, err := docs.Open(ctx, docs.Options{Project: "local", EmulatorHost: os.Getenv("FIRESTORE_EMULATOR_HOST")})
	if err != nil {
		return err
	}
	l := logs.New(logs.Options{Service: "crash", Out: io.Discard, Store: logsdb.New(func() (*docs.DB, error) { return db, nil })})
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(2 * time.Millisecond) // as long as a round trip
		_, _ = io.WriteString(w, "done")
	})
	return http.ListenAndServe(addr, httpapi.Record(l)(handler))
}

const (
	crashes      = 5
	crashClients = 8
	crashAfter   = time.Second
)

// benchCrash kills a service at work, and looks for the record of every request
// whose answer had arrived.
func benchCrash(ctx context.Context, r *report, s *stack.Stack) error {
	answered, lost, size := 0, 0, 0
	for n := range crashes {
		ids, err := answeredUntilKilled(ctx, s, fmt.Sprint("crash-", n, "-"))
		if err != nil {
			return err
		}
		missing, bytes, err := unrecorded(ctx, s, ids)
		if err != nil {
			return err
		}
		size = bytes
		answered, lost = answered+len(ids), lost+missing
	}
	r.row(fmt.Sprintf("kill -9 of a service with %d callers, %d times", crashClients, crashes),
		fmt.Sprintf("%.1f records lost a crash, %d bytes, of %d requests", float64(lost)/crashes, size*lost/crashes, answered/crashes), "-", "", fmt.Sprintf("≤ %d, those under way", crashClients), lost <= crashes*crashClients)
	return nil
}

// answeredUntilKilled returns the ids of the requests that were answered.
func answeredUntilKilled(ctx context.Context, s *stack.Stack, prefix string) (ids []string, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, recordsChild, addr)
	cmd.Env = append(os.Environ(), "FIRESTORE_EMULATOR_HOST="+s.Config.FirestoreEmulator)
	child, err := startProcess(addr, cmd)
	if err != nil {
		return nil, err
	}
	time.AfterFunc(crashAfter, child.stop)
	var mu sync.Mutex
	var g errgroup.Group
	for c := range crashClients {
		g.Go(func() error {
			client := http.Client{Transport: &http.Transport{}}
			for i := 0; ; i++ {
				id := fmt.Sprint(prefix, c, "-", i)
				if err := ask(ctx, &client, addr, id); err == nil {
					mu.Lock()
					ids = append(ids, id)
					mu.Unlock()
				} else if cmd.ProcessState != nil || i > 0 {
					return nil
				} else {
					i-- // it is not up yet
					time.Sleep(10 * time.Millisecond)
				}
			}
		})
	}
	err = g.Wait()
	return ids, err
}

func ask(ctx context.Context, c *http.Client, addr, id string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/", nil)
	if err != nil {
		return err
	}
	req.Header.Set(httpapi.RequestID, id)
	return spent(c.Do(req))
}

// unrecorded counts the requests that left no record, and says how long a record is
// in bytes.
func unrecorded(ctx context.Context, s *stack.Stack, ids []string) (missing, size int, err error) {
	db, err := docs.Open(ctx, docs.Options{Project: s.Config.Project, EmulatorHost: s.Config.FirestoreEmulator})
	if err != nil {
		return 0, 0, err
	}
	defer db.Close()
	found, err := docs.In[logs.Record](db, "logs").Where("service", "==", "crash").Limit(1_000_000).All(ctx)
	if err != nil {
		return 0, 0, err
	}
	recorded := make(map[string]bool, len(found))
	for _, d := range found {
		recorded[d.Data.Request] = true
		text, err := json.Marshal(d.Data)
		if err != nil {
			return 0, 0, err
		}
		size = len(text)
	}
	for _, id := range ids {
		if !recorded[id] {
			missing++
		}
	}
	return missing, size, nil
}
