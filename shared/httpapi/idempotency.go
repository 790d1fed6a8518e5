package httpapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"lastmile/shared/auth"
	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/logs"
)

const (
	// IdempotencyKey is the header by which a caller names one request, so that
	// sending it again has no second effect.
	IdempotencyKey = "Idempotency-Key"

	// Replayed is the header of an answer that was given before.
	Replayed = "Idempotency-Replayed"
)

const (
	maxKey  = 200       // bytes of a key
	maxKept = 256 << 10 // bytes of an answer that is kept

	// callTime is what a call may take.
	callTime = 50 * time.Second
)

// Idempotent has a POST with an Idempotency-Key answered once: whoever asks again
// within a day gets the answer that was given, and the same key with another
// request is refused. A key belongs to its caller; strangers have none. Of two
// calls at the same time the second waits for the first one's answer.
//
// Only success is kept, and of that neither what must not be stored nor what is
// longer than 256 KiB. A refusal had no effect, so a repeat is judged anew; so is
// one after a 5xx, after an answer that is too long, or after a crash between effect
// and answer. The effect itself then must know that it has been: handlers take its
// id from [EffectID], which is the same for each try.
func Idempotent(db *docs.DB, maxBody int64) Layer {
	k := &keeper{answers: docs.In[kept](db, "answers"), db: db}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			key := r.Header.Get(IdempotencyKey)
			caller := auth.From(r.Context())
			if r.Method != http.MethodPost || key == "" || caller.ID == "" {
				next.ServeHTTP(w, r)
				return
			}
			if len(key) > maxKey || strings.Trim(key, "\t ") == "" {
				Refuse(w, http.StatusUnprocessableEntity, fmt.Sprintf("%s must have 1 to %d characters", IdempotencyKey, maxKey))
				return
			}
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
			if err != nil {
				Refuse(w, http.StatusRequestEntityTooLarge, "the body is too large, or broke off; put bulk input in a file and name it")
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			id := hash(string(caller.Entity), caller.ID, key)
			k.serve(w, r, next, id, hash(r.Method, r.URL.RequestURI(), string(body)))
		})
	}
}

type effectKey struct{}

// EffectID is the id of what a call brings about: the same for each try of a call
// with an Idempotency-Key, and a new one otherwise.
func EffectID(ctx context.Context) string {
	if id, ok := ctx.Value(effectKey{}).(string); ok {
		return id
	}
	return string(event.NewID())
}

func (k *keeper) serve(w http.ResponseWriter, r *http.Request, next http.Handler, id, request string) {
	claim, err := k.claim(r.Context(), id, request)
	switch {
	case errors.Is(err, errOther):
		Refuse(w, http.StatusUnprocessableEntity, IdempotencyKey+" was used for another request: choose a new one")
	case errors.Is(err, errBusy):
		w.Header().Set("Retry-After", "1")
		Refuse(w, http.StatusConflict, "a call with this "+IdempotencyKey+" is under way: ask again for its answer")
	case err != nil:
		logs.Fail(r.Context(), fmt.Errorf("claim an idempotency key: %w", err))
		w.Header().Set("Retry-After", "1")
		Refuse(w, http.StatusServiceUnavailable, "the "+IdempotencyKey+" cannot be looked up for the moment: ask again")
	case claim.Done:
		w.Header().Set(Replayed, "true")
		replay(w, claim)
	default:
		k.try(w, r, next, id, claim)
	}
}

// try handles the call, and keeps its answer before it is given.
func (k *keeper) try(w http.ResponseWriter, r *http.Request, next http.Handler, id string, claim kept) {
	ctx, cancel := context.WithTimeout(r.Context(), callTime)
	defer cancel()
	ctx = context.WithValue(ctx, effectKey{}, hash(id, claim.Born.Format(time.RFC3339Nano)))
	a := &buffered{header: make(http.Header), status: http.StatusOK}
	given := false
	defer func() {
		if !given { // a panic: whether it had an effect is unknown
			k.settle(r.Context(), id, claim, &buffered{status: http.StatusInternalServerError})
		}
	}()
	release := k.hold(ctx, id)
	defer release()
	next.ServeHTTP(a, r.WithContext(ctx))
	given = true
	release()
	k.settle(r.Context(), id, claim, a)
	replay(w, kept{Status: a.status, Header: a.header, Body: a.body.Bytes()})
}

func replay(w http.ResponseWriter, a kept) {
	for name, values := range a.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body) // the caller has gone
}

// buffered is an answer that has not been given yet.
type buffered struct {
	header http.Header
	status int
	sent   bool
	body   bytes.Buffer
}

func (b *buffered) Header() http.Header { return b.header }

func (b *buffered) WriteHeader(status int) {
	if !b.sent {
		b.status, b.sent = status, true
	}
}

func (b *buffered) Write(p []byte) (int, error) {
	b.sent = true
	return b.body.Write(p)
}

// secret reports whether the answer must not be stored.
func (b *buffered) secret() bool {
	return strings.Contains(b.header.Get("Cache-Control"), "no-store") || b.header.Get("Set-Cookie") != ""
}

// long reports whether the answer is too long to be kept.
func (b *buffered) long() bool { return b.body.Len() > maxKept }

// hash tells lists of texts apart.
func hash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p) // cannot fail
	}
	return hex.EncodeToString(h.Sum(nil)[:20])
}
