package server

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"lastmile/shared/logs"
	"lastmile/shared/realtime"
)

// maxNotes is how many records may wait to be made; what is beyond is counted.
const maxNotes = 4096

// recorder leaves a record of what becomes of clients and of what they are sent,
// so that the story of an order goes on to those who saw it. Its records are made
// on a goroutine of its own: whoever takes a note never waits.
type recorder struct {
	log   *slog.Logger // nil leaves no records
	notes chan note
	lost  atomic.Int64
	stop  context.CancelFunc
	gone  chan struct{} // closed when run has ended
}

// note is what a record is made of.
type note struct {
	at     time.Time
	what   string
	to     realtime.Audience // whom or what it concerns
	client realtime.Audience // who did it; "" for nobody
	frame  []byte            // what was sent, if anything
}

func startRecorder(log *slog.Logger) *recorder {
	r := &recorder{log: log, gone: make(chan struct{})}
	if log != nil {
		r.notes = make(chan note, maxNotes)
	}
	running, stop := context.WithCancel(context.Background())
	r.stop = stop
	go r.run(running)
	return r
}

// close makes the records of all notes that were taken, and ends the recorder.
func (r *recorder) close() {
	r.stop()
	<-r.gone
}

func (r *recorder) take(n note) {
	if r.log == nil {
		return
	}
	n.at = time.Now()
	select {
	case r.notes <- n:
	default:
		r.lost.Add(1)
	}
}

func (r *recorder) run(running context.Context) {
	defer close(r.gone)
	for {
		select {
		case n := <-r.notes:
			r.write(n)
		case <-running.Done():
			for len(r.notes) > 0 {
				r.write(<-r.notes)
			}
			return
		}
	}
}

func (r *recorder) write(n note) {
	f := logs.Fields{Operation: "gateway " + n.what, Caller: n.client.Name(), Entities: []logs.Entity{entityOf(n.to.Name()), entityOf(n.client.Name())}}
	record := slog.NewRecord(n.at, slog.LevelInfo, n.what, 0)
	if n.frame != nil {
		var sent struct {
			Number uint64 `json:"n"`
			Kind   string `json:"t"`
			Key    string `json:"k"`
		}
		_ = json.Unmarshal(n.frame, &sent) // it is ours
		f.Entity = entityOf(sent.Key)
		record.AddAttrs(slog.String("event", sent.Kind), slog.Uint64("number", sent.Number))
	}
	if lost := r.lost.Swap(0); lost > 0 {
		record.AddAttrs(slog.Int64("unrecorded", lost))
	}
	record.AddAttrs(slog.String("to", n.to.Name()))
	_ = r.log.Handler().Handle(logs.With(context.Background(), f), record) // what is lost is counted there
}

// entityOf is the thing that a name like "order:12" stands for; none for another
// name.
func entityOf(name string) logs.Entity {
	kind, id, ok := strings.Cut(name, ":")
	if !ok {
		return logs.Entity{}
	}
	return logs.Entity{Type: kind, ID: id}
}
