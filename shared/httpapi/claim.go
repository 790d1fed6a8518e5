package httpapi

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"lastmile/shared/docs"
	"lastmile/shared/logs"
)

const (
	answersKept = 24 * time.Hour   // a key names its request for so long
	lease       = 10 * time.Second // after which a call that gave no sign of life is taken to have crashed
	sign        = lease / 4        // how often it gives one
)

// AnswersExpire is when Firestore deletes the answers that are kept.
func AnswersExpire() []docs.Expiry { return []docs.Expiry{{Collection: "answers", Field: "expires"}} }

// AnswersPlain are the fields of answers that nobody searches by.
func AnswersPlain() []docs.Plain {
	var all []docs.Plain
	for _, field := range []string{"request", "try", "born", "leased", "done", "status", "header", "body"} {
		all = append(all, docs.Plain{Collection: "answers", Field: field})
	}
	return all
}

// kept is the claim to a key and, once it is done, the answer.
type kept struct {
	Request string              `firestore:"request"` // digest of what was asked
	Try     string              `firestore:"try"`     // names the call that is at it
	Born    time.Time           `firestore:"born"`    // of the first try
	Leased  time.Time           `firestore:"leased"`  // until when a try may be at it
	Done    bool                `firestore:"done"`
	Status  int                 `firestore:"status"`
	Header  map[string][]string `firestore:"header"`
	Body    []byte              `firestore:"body"`
	Expires time.Time           `firestore:"expires"`
}

type keeper struct {
	db      *docs.DB
	answers docs.Collection[kept]
}

var (
	errOther = errors.New("the key names another request")
	errBusy  = errors.New("a call with the key is under way")
)

// settleTime bounds the note of an answer, also where the caller has gone.
const settleTime = 5 * time.Second

// settle keeps a success, forgets a refusal, and leaves a failure, or an answer that
// is too long, to the next try. If it cannot, the lease runs out.
func (k *keeper) settle(ctx context.Context, id string, claim kept, a *buffered) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	write := k.answers.Delete(id)
	switch {
	case a.status >= http.StatusInternalServerError, a.status < http.StatusBadRequest && !a.secret() && a.long():
		claim.Leased = time.Time{}
		write = k.answers.Set(id, claim)
	case a.status < http.StatusBadRequest && !a.secret():
		claim.Done, claim.Status, claim.Header, claim.Body = true, a.status, a.header, a.body.Bytes()
		claim.Expires = time.Now().Add(answersKept)
		write = k.answers.Set(id, claim)
	}
	if err := k.db.Commit(ctx, write); err != nil {
		logs.Fail(ctx, fmt.Errorf("keep an answer: %w", err))
	}
}

// pause is how long a duplicate waits before it looks again, at first; it doubles
// until the calls are told to come again.
const (
	pause  = 20 * time.Millisecond
	pauses = 6

	// claimTime bounds all of it: a database that is down must not hold up its callers.
	claimTime = 3 * time.Second
)

// claim takes the key for a call, or returns the answer of an earlier one. Its error
// is errOther, errBusy or the database's. Where the answer to its own claim was
// lost, it finds that claim and goes on with it.
func (k *keeper) claim(ctx context.Context, id, request string) (kept, error) {
	ctx, cancel := context.WithTimeout(ctx, claimTime)
	defer cancel()
	try := rand.Text()
	for n := range pauses {
		now := time.Now().UTC().Truncate(time.Microsecond) // as Firestore keeps it
		mine := kept{Request: request, Try: try, Born: now, Leased: now.Add(lease), Expires: now.Add(answersKept)}
		err := k.db.Commit(ctx, k.answers.Create(id, mine))
		if !errors.Is(err, docs.ErrExists) {
			return mine, err
		}
		found, err := k.takeOver(ctx, id, mine)
		if !errors.Is(err, errBusy) {
			return found, err
		}
		select {
		case <-ctx.Done():
			return kept{}, ctx.Err()
		case <-time.After(pause << n):
		}
	}
	return kept{}, errBusy
}

// takeOver looks at the claim that is there, and takes it if nobody is at it.
func (k *keeper) takeOver(ctx context.Context, id string, mine kept) (kept, error) {
	there := k.answers.Lookup(id)
	if err := k.db.Fetch(ctx, there); err != nil {
		return kept{}, err
	}
	was, now := there.Data, mine.Born
	live := there.Exists && now.Before(was.Expires)
	switch {
	case !there.Exists:
		return kept{}, errBusy // it has just been given up
	case live && was.Request != mine.Request:
		return kept{}, errOther
	case live && (was.Done || was.Try == mine.Try):
		return was, nil
	case live && now.Before(was.Leased):
		return kept{}, errBusy
	case live:
		mine.Born = was.Born // another try of the same call
	}
	err := k.db.Commit(ctx, k.answers.Replace(there, mine))
	if errors.Is(err, docs.ErrConflict) || errors.Is(err, docs.ErrNotFound) {
		return kept{}, errBusy
	}
	return mine, err
}

// hold keeps the key claimed until release is called: a call may take longer than
// a lease, which is short so that a crash holds nobody up for long.
func (k *keeper) hold(ctx context.Context, id string) (release func()) {
	ctx, cancel := context.WithCancel(ctx)
	var holding sync.WaitGroup
	holding.Go(func() {
		every := time.NewTicker(sign)
		defer every.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case now := <-every.C:
				k.extend(ctx, id, now.UTC().Add(lease))
			}
		}
	})
	return func() {
		cancel()
		holding.Wait()
	}
}

// extend touches nothing but the lease: it may arrive after the answer.
func (k *keeper) extend(ctx context.Context, id string, until time.Time) {
	err := k.db.Commit(ctx, k.answers.Update(k.answers.Lookup(id), docs.Field{Path: []string{"leased"}, Value: until}))
	if err != nil && ctx.Err() == nil {
		logs.Add(ctx, slog.String("idempotency", "the claim may run out: "+err.Error()))
	}
}
