package cataloghttp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"lastmile/shared/catalog"
)

// maxRedirects bounds how far a provider may send us.
const maxRedirects = 3

// attempt asks once, when the gate lets it.
func (c *Client) attempt(ctx context.Context, s catalog.Settings, req *http.Request, g *gate) (catalog.Page, *failure) {
	if failure := c.turn(ctx, g, s.Limits.Parallelism); failure != nil {
		return catalog.Page{}, failure
	}
	defer g.release()
	limited, cancel := context.WithTimeout(ctx, s.Limits.Timeout())
	defer cancel()
	client := http.Client{Transport: c.transport, CheckRedirect: guardRedirect(req, s.Provider.Auth.Header)}
	resp, err := client.Do(req.WithContext(limited))
	if err != nil {
		return catalog.Page{}, transportFailure(ctx, err)
	}
	defer resp.Body.Close()
	if failure := c.statusFailure(resp, g); failure != nil {
		return catalog.Page{}, failure
	}
	body, failure := read(ctx, resp.Body, s.Limits.MaxResponseBytes)
	if failure != nil {
		return catalog.Page{}, failure
	}
	page, err := catalog.ParsePage(s, resp.Header.Get, body)
	return page, parseFailure(err, resp.Header.Get("Content-Type"))
}

// turn waits for a place at the provider, but not for ever. A caller who has
// less time than our patience is told at once if that cannot be enough.
func (c *Client) turn(ctx context.Context, g *gate, limit int) *failure {
	patient, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	err := g.acquire(patient, limit)
	if err == nil {
		return nil
	}
	if end, bounded := ctx.Deadline(); !bounded || time.Until(end) > c.patience {
		<-patient.Done() // a pause may outlast it: callers who come again at once would spin
	}
	if context.Cause(patient) == context.DeadlineExceeded && ctx.Err() == nil {
		return permanent(ErrBusy)
	}
	return permanent(fmt.Errorf("%w: %w", ErrUnavailable, err))
}

// guardRedirect follows a few redirects, never away from TLS, and never takes
// the secret to another host.
func guardRedirect(first *http.Request, authHeader string) func(*http.Request, []*http.Request) error {
	return func(req *http.Request, via []*http.Request) error {
		switch {
		case len(via) > maxRedirects:
			return fmt.Errorf("%w: more than %d redirects", ErrRefused, maxRedirects)
		case first.URL.Scheme == "https" && req.URL.Scheme != "https":
			return fmt.Errorf("%w: a redirect leads away from https", ErrForbidden)
		case req.URL.Host != first.URL.Host && authHeader != "":
			req.Header.Del(authHeader)
		}
		return nil
	}
}

// read reads a body to its end. Its size counts decompressed.
func read(ctx context.Context, body io.Reader, limit int64) ([]byte, *failure) {
	all, err := io.ReadAll(io.LimitReader(body, limit+1))
	switch {
	case err != nil:
		return nil, transportFailure(ctx, err)
	case int64(len(all)) > limit:
		return nil, permanent(fmt.Errorf("%w: more than %d bytes: use a smaller paging.size or a larger limits.maxResponseBytes", ErrTooLarge, limit))
	}
	return all, nil
}

// transportFailure classifies what went wrong below HTTP. Of the client's own
// error only the cause is kept: its text holds addresses with their queries.
func transportFailure(ctx context.Context, err error) *failure {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	switch {
	case errors.Is(err, ErrForbidden), errors.Is(err, ErrRefused):
		return permanent(err)
	case ctx.Err() != nil:
		return permanent(fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err()))
	}
	return temporary(fmt.Errorf("%w: %w", ErrUnavailable, err))
}

func (c *Client) statusFailure(resp *http.Response, g *gate) *failure {
	code := resp.StatusCode
	switch {
	case code >= 200 && code < 300:
		return nil
	case code == http.StatusTooManyRequests, code == http.StatusServiceUnavailable:
		f := temporary(fmt.Errorf("%w: answered %s", ErrUnavailable, resp.Status))
		f.atLeast = min(retryAfter(resp.Header.Get("Retry-After")), c.maxPause)
		g.pause(f.atLeast)
		return f
	case code >= 500, code == http.StatusRequestTimeout, code == http.StatusTooEarly:
		return temporary(fmt.Errorf("%w: answered %s", ErrUnavailable, resp.Status))
	}
	return permanent(fmt.Errorf("%w: answered %s: %s", ErrRefused, resp.Status, remedy(code)))
}

func remedy(code int) string {
	switch code {
	case http.StatusUnauthorized, http.StatusForbidden:
		return "check provider.auth and its secret"
	case http.StatusNotFound, http.StatusGone, http.StatusMethodNotAllowed:
		return "check provider.baseUrl and provider.path"
	}
	return "check provider.path, provider.query and paging"
}

// parseFailure says of what is no JSON at all what it is instead.
func parseFailure(err error, contentType string) *failure {
	switch {
	case err == nil:
		return nil
	case !errors.Is(err, catalog.ErrGarbled):
		return permanent(err)
	case contentType != "" && !strings.Contains(contentType, "json"):
		return temporary(fmt.Errorf("%w: it came as %q", err, contentType))
	}
	return temporary(err)
}
