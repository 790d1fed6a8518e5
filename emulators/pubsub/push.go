package pubsub

import (
	"bytes"
	"context"
	"io"
	"math"
	"net/http"
	"time"

	"lastmile/emulators/pubsub/queue"
)

// pushing is the state of the deliveries to a push endpoint, guarded by the lock
// of the subscription.
type pushing struct {
	window   window
	workers  int
	starting int // workers that have not looked at the queue yet
}

// startWorkers starts as many workers as there is work and the window allows.
// A worker leaves when it finds nothing to do.
func (s *subscription) startWorkers(now time.Time) {
	p := &s.push
	if s.settings.target == nil || p.window.paused(now) {
		return
	}
	for p.workers < p.window.size && p.starting < s.queue.Ready() {
		if !s.srv.work.Go(s.deliver) {
			return
		}
		p.workers++
		p.starting++
	}
}

// worker is one goroutine's place in the window of a subscription.
type worker struct {
	sub    *subscription
	budget queue.Budget
	batch  []queue.Delivery
}

// push is one delivery under way.
type push struct {
	queue.Delivery
	target *target
	until  time.Time
	began  time.Time
}

func (s *subscription) deliver() {
	w := &worker{sub: s, budget: queue.Budget{Messages: 1, Bytes: math.MaxInt}}
	for p, ok := w.first(); ok; {
		acked := w.send(p)
		p, ok = w.settle(p, acked)
	}
}

// first takes the first message of a new worker.
func (w *worker) first() (next push, ok bool) {
	w.sub.do(func(q *queue.Queue, now time.Time) {
		w.sub.push.starting--
		next, ok = w.take(q, now)
	})
	return next, ok
}

// settle counts the answer to a push, and takes the next message.
func (w *worker) settle(p push, acked bool) (next push, ok bool) {
	s := w.sub
	s.do(func(q *queue.Queue, now time.Time) {
		// An error says that the deadline was first, and the message is already given back.
		switch {
		case acked:
			s.push.window.success(now.Sub(p.began))
			_ = s.ack(p.Lease, now)
		case s.srv.work.ctx.Err() == nil: // else the server gave up, not the endpoint
			s.push.window.failure(p.began, now)
			_ = s.nack(p.Lease, now)
		}
		next, ok = w.take(q, now)
	})
	return next, ok
}

// take leases one message, or gives up the worker's place.
func (w *worker) take(q *queue.Queue, now time.Time) (push, bool) {
	s := w.sub
	t := s.settings.target
	if t != nil && s.gone == nil && s.push.workers <= s.push.window.size && !s.push.window.paused(now) {
		until := now.Add(s.settings.lease)
		w.batch = q.Take(w.batch[:0], 1, &w.budget, until)
		if len(w.batch) == 1 {
			s.counts.Delivered++
			return push{w.batch[0], t, until, now}, true
		}
	}
	s.push.workers--
	return push{}, false
}

// send makes the request and reports whether the answer acknowledges it.
func (w *worker) send(p push) bool {
	srv := w.sub.srv
	ctx, cancel := context.WithTimeout(srv.work.ctx, p.until.Sub(p.began))
	defer cancel()
	req, err := w.request(ctx, p)
	if err != nil {
		return false
	}
	answer, err := srv.client.RoundTrip(req)
	if err != nil {
		return false
	}
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10) // so that the connection can be used again
	_ = answer.Body.Close()
	return acknowledges(answer.StatusCode)
}

func (w *worker) request(ctx context.Context, p push) (*http.Request, error) {
	m := p.Message.Body()
	header, err := p.target.header(w.sub.srv.keys, m)
	if err != nil {
		return nil, err
	}
	// A new body each time: the transport may read it after it gave up on the request.
	body := p.target.appendBody(make([]byte, 0, 512+2*p.Message.Size()), m, p.Attempt)
	req := &http.Request{
		Method: http.MethodPost, URL: p.target.url, Host: p.target.url.Host, Header: header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}
	return req.WithContext(ctx), nil
}

func acknowledges(status int) bool {
	switch status {
	case http.StatusProcessing, http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusNoContent:
		return true
	}
	return false
}
