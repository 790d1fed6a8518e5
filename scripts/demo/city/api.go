package city

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// person is who calls the API: an operator, a merchant, a courier or a customer.
type person struct {
	entity, id string

	mu    sync.Mutex
	token string // guarded by mu; answers renew it
}

func (p *person) pass() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.token
}

func (p *person) renew(token string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.token = token
}

// api calls the platform as its apps do.
type api struct {
	url, issuer string
	operator    *person
	desks       []*person // operators who take people on
	turn        atomic.Uint64
	http        *http.Client
	stats       *stats
}

// refusal is an answer that is no success.
type refusal struct {
	call   string
	status int
	detail string
}

func (r *refusal) Error() string { return fmt.Sprintf("%s: %d: %s", r.call, r.status, r.detail) }

// refused reports whether err is an answer of one of these statuses.
func refused(err error, statuses ...int) bool {
	var r *refusal
	if !errors.As(err, &r) {
		return false
	}
	for _, s := range statuses {
		if r.status == s {
			return true
		}
	}
	return false
}

const (
	callTimeout = 15 * time.Second
	tries       = 8
	longestWait = 4 * time.Second // between two tries, without the dice
)

// call calls the API until it answers for good: what says that it is busy is
// asked again, under the same key, so that the effect counts once.
func (a *api) call(ctx context.Context, who *person, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	key := strconv.FormatUint(rand.Uint64(), 36) + strconv.FormatUint(rand.Uint64(), 36)
	for try := 1; ; try++ {
		wait, err := a.once(ctx, who, method, path, key, body, out)
		if err == nil || wait == 0 || try == tries {
			return err
		}
		a.stats.retried.Add(1)
		if err := pause(ctx, min(wait<<(try-1), max(wait, longestWait))+rand.N(wait)); err != nil {
			return err
		}
	}
}

// once makes one attempt; wait is when to try again, and zero for never.
func (a *api) once(ctx context.Context, who *person, method, path, key string, body []byte, out any) (wait time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, a.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", "Bearer "+who.pass())
	r.Header.Set("Content-Type", "application/json")
	if method == http.MethodPost {
		r.Header.Set("Idempotency-Key", key)
	}
	began := time.Now()
	resp, err := a.http.Do(r)
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			a.stats.answered(http.StatusGatewayTimeout, time.Since(began))
		}
		return 200 * time.Millisecond, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	a.stats.answered(resp.StatusCode, time.Since(began))
	if token := resp.Header.Get("X-Renewed-Token"); token != "" {
		who.renew(token)
	}
	switch {
	case err != nil:
		return 200 * time.Millisecond, err
	case resp.StatusCode < 300:
		if out == nil {
			return 0, nil
		}
		return 0, json.Unmarshal(answer, out)
	}
	return retryAfter(resp), &refusal{method + " " + path, resp.StatusCode, detail(answer)}
}

// retryAfter is how long a platform asks to wait that is busy, or still at an
// earlier try of the call.
func retryAfter(resp *http.Response) time.Duration {
	seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
	wait := time.Duration(seconds) * time.Second
	switch resp.StatusCode {
	case http.StatusConflict:
		return wait
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusInternalServerError:
		return max(200*time.Millisecond, wait)
	}
	return 0
}

// detail is what a problem says.
func detail(answer []byte) string {
	var p struct {
		Detail string
		Errors []struct{ Location, Message string }
	}
	if json.Unmarshal(answer, &p) != nil || p.Detail == "" {
		return strings.TrimSpace(string(answer[:min(len(answer), 200)]))
	}
	for _, e := range p.Errors {
		p.Detail += fmt.Sprintf(" (%s %s)", e.Location, e.Message)
	}
	return p.Detail
}

// signIn exchanges an identity for a session. Operators vouch for the call: so
// many people behind one address would be held back otherwise.
func (a *api) signIn(ctx context.Context, entity, subject string) (*person, error) {
	identity, err := a.identity(ctx, subject)
	if err != nil {
		return nil, fmt.Errorf("identity of %s: %w", subject, err)
	}
	var session struct {
		Session struct{ ID, Subject string }
		Token   string
	}
	in := object{"identity": identity, "entity": entity}
	if err := a.call(ctx, a.desk(), http.MethodPost, "/v1/sessions", in, &session); err != nil {
		return nil, fmt.Errorf("sign in %s: %w", subject, err)
	}
	return &person{entity: entity, id: subject, token: session.Token}, nil
}

// phone registers somebody's phone, for what comes while the app is closed.
func (a *api) phone(ctx context.Context, p *person) error {
	return a.call(ctx, p, http.MethodPost, "/v1/devices", object{"token": "device-of-" + p.id, "platform": "android"}, nil)
}

// admit makes an account for somebody whom operators know, and signs them in.
func (a *api) admit(ctx context.Context, entity, id string, shops ...string) (*person, error) {
	in := object{"identities": []object{{"issuer": a.issuer, "subject": id}}}
	if len(shops) > 0 {
		in["shops"] = shops
	}
	if err := a.call(ctx, a.desk(), http.MethodPut, "/v1/accounts/"+entity+"/"+id, in, nil); err != nil {
		return nil, err
	}
	return a.signIn(ctx, entity, id)
}

// staff is how many operators take people on. Each may make 200 changes a second,
// and one who comes takes three.
const staff = 8

// employ has operators sign in who take people on.
func (a *api) employ(ctx context.Context) error {
	desks := make([]*person, staff)
	g, ctx := errgroup.WithContext(ctx)
	for i := range desks {
		g.Go(func() (err error) {
			desks[i], err = a.admit(ctx, "operator", fmt.Sprint("desk-", i+1))
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	a.desks = desks
	return nil
}

// desk is the operator whose turn it is.
func (a *api) desk() *person {
	if len(a.desks) == 0 {
		return a.operator
	}
	return a.desks[a.turn.Add(1)%uint64(len(a.desks))]
}

// identity asks the development issuer for an identity token.
func (a *api) identity(ctx context.Context, subject string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	form := strings.NewReader(url.Values{"subject": {subject}}.Encode())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.issuer+"/token", form)
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := a.http.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the issuer answers %s", resp.Status)
	}
	var got struct {
		Token string `json:"id_token"`
	}
	return got.Token, json.NewDecoder(resp.Body).Decode(&got)
}

// object is the JSON of a request.
type object map[string]any

// pause waits, or returns why not.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
