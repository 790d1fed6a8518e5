// Package cataloghttp fetches pages from catalogue providers.
//
// It promises:
//   - every attempt has a deadline, every retry a limit and full jitter; a
//     provider that says Retry-After is left alone for so long by everybody;
//   - a provider never gets more requests at once than its settings allow;
//   - an answer is never larger than the settings allow, compressed or not;
//   - private, loopback, link-local and metadata addresses are not spoken to,
//     whatever a name resolves to or a redirect says;
//   - the secret is sent over TLS, to the provider's own host only, and stands
//     in no error.
package cataloghttp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"lastmile/shared/catalog"
)

// What callers branch on, besides the errors of package catalog. Only
// [ErrUnavailable] and [catalog.ErrGarbled] are worth another try later.
var (
	// ErrRefused is a provider that answers but does not serve us: other
	// settings or another secret are needed.
	ErrRefused = errors.New("provider refused")
	// ErrUnavailable is a provider that could not answer now, after all retries.
	ErrUnavailable = errors.New("provider unavailable")
	// ErrBusy is a provider that others kept busy for longer than a caller
	// should wait: nothing was asked, and nothing has failed.
	ErrBusy = errors.New("provider is busy with other pages")
	// ErrForbidden is an address that settings must not lead to.
	ErrForbidden = errors.New("address is not allowed")
	// ErrTooLarge is an answer larger than limits.maxResponseBytes.
	ErrTooLarge = errors.New("answer too large")
)

// Secrets looks a secret up by its name.
type Secrets func(ctx context.Context, name string) (string, error)

// Options are the knobs of a Client; the zero value is for production.
type Options struct {
	AllowPrivate bool              // speak to private addresses too, and without TLS: local runs and tests
	Transport    http.RoundTripper // in place of the guarded one, whose promises it then has to keep
	MaxPause     time.Duration     // longest Retry-After that is honoured; 0 is a minute
	Patience     time.Duration     // longest wait for a turn; 0 is 15 s
}

// Client fetches pages. It is safe for concurrent use, and is meant to be
// shared: politeness is per client.
type Client struct {
	transport http.RoundTripper
	plain     bool // a secret may be sent without TLS
	maxPause  time.Duration
	patience  time.Duration
	gates     gates
}

// New returns a client.
func New(o Options) *Client {
	c := &Client{transport: o.Transport, plain: o.AllowPrivate, maxPause: o.MaxPause, patience: o.Patience}
	switch {
	case c.transport != nil:
	case o.AllowPrivate:
		c.transport = newTransport(anywhere, nil)
	default:
		c.transport = newTransport(public, nil)
	}
	if c.maxPause == 0 {
		c.maxPause = time.Minute
	}
	if c.patience == 0 {
		c.patience = 15 * time.Second
	}
	return c
}

// Close ends the connections that are kept open. No fetch may be under way.
func (c *Client) Close() {
	client := http.Client{Transport: c.transport}
	client.CloseIdleConnections()
}

// Probe fetches the first page: what the settings lead to, and how large the
// catalogue is if the provider tells. With the window style it is the first
// window from the start.
func (c *Client) Probe(ctx context.Context, s catalog.Settings, secrets Secrets) (catalog.Page, error) {
	ref := catalog.PageRef{}
	if w := s.Paging.Windows; s.Paging.Style == catalog.ByWindow {
		ref.From, ref.To = w.Start, w.Start.Add(time.Duration(w.StepSeconds)*time.Second)
	}
	return c.Fetch(ctx, s, ref, secrets)
}

// Fetch fetches one page and reads it.
func (c *Client) Fetch(ctx context.Context, s catalog.Settings, ref catalog.PageRef, secrets Secrets) (catalog.Page, error) {
	page, err := c.fetch(ctx, s, ref, secrets)
	if err != nil {
		return catalog.Page{}, fmt.Errorf("fetch page %s of %s: %w", ref.Name(), s.Shop, err)
	}
	return page, nil
}

func (c *Client) fetch(ctx context.Context, s catalog.Settings, ref catalog.PageRef, secrets Secrets) (catalog.Page, error) {
	req, err := c.newRequest(ctx, s, ref, secrets)
	if err != nil {
		return catalog.Page{}, err
	}
	gate := c.gates.enter(req.URL.Host)
	defer c.gates.leave(req.URL.Host)
	for n := 0; ; n++ {
		page, failure := c.attempt(ctx, s, req, gate)
		if failure == nil {
			return page, nil
		}
		if !failure.retry || n >= s.Limits.Retries {
			return catalog.Page{}, failure.err
		}
		if err := sleep(ctx, failure.delay(n)); err != nil {
			return catalog.Page{}, fmt.Errorf("%w: %w after %d attempts", failure.err, err, n+1)
		}
	}
}

func (c *Client) newRequest(ctx context.Context, s catalog.Settings, ref catalog.PageRef, secrets Secrets) (*http.Request, error) {
	want, err := s.Request(ref)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, want.Method, want.URL, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("%w: provider.baseUrl is not a web address", catalog.ErrMismatch)
	}
	req.Header.Set("Accept", want.Accept)
	req.Header.Set("User-Agent", "lastmile-catalog/1")
	auth := s.Provider.Auth
	if auth.Header == "" {
		return req, nil
	}
	if req.URL.Scheme != "https" && !c.plain {
		return nil, fmt.Errorf("%w: provider.baseUrl: a secret is sent over https only", ErrForbidden)
	}
	secret, err := secrets(ctx, auth.Secret)
	if err != nil {
		return nil, fmt.Errorf("secret %s: %w", auth.Secret, err)
	}
	if auth.Scheme != "" {
		secret = auth.Scheme + " " + secret
	}
	req.Header.Set(auth.Header, secret)
	return req, nil
}
