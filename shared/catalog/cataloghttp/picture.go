package cataloghttp

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// pictureTime bounds the fetching of one picture, to its last byte.
const pictureTime = 20 * time.Second

// Validators are what a source said of a picture, so that it can tell whether it
// has changed.
type Validators struct{ ETag, Modified string }

// Picture is what a source has.
type Picture struct {
	// Body is nil if the picture is still the one of the validators. The caller
	// closes it.
	Body       io.ReadCloser
	Validators Validators
}

// Picture fetches a picture from an address that a provider named, unless it is
// still the one of v. Private addresses are not spoken to, and no secret is sent.
// It returns [ErrRefused], [ErrForbidden] or [ErrUnavailable].
func (c *Client) Picture(ctx context.Context, address string, v Validators) (Picture, error) {
	ctx, cancel := context.WithTimeout(ctx, pictureTime)
	p, err := c.picture(ctx, address, v)
	if err != nil || p.Body == nil {
		cancel()
		return p, err
	}
	p.Body = &cancelling{p.Body, cancel}
	return p, nil
}

func (c *Client) picture(ctx context.Context, address string, v Validators) (Picture, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Picture{}, fmt.Errorf("%w: the picture's address cannot be read", ErrRefused)
	}
	req.Header.Set("Accept", "image/*")
	if v.ETag != "" {
		req.Header.Set("If-None-Match", v.ETag)
	} else if v.Modified != "" {
		req.Header.Set("If-Modified-Since", v.Modified)
	}
	client := http.Client{Transport: c.transport, CheckRedirect: guardRedirect(req, "")}
	resp, err := client.Do(req)
	if err != nil {
		return Picture{}, transportFailure(ctx, err).err
	}
	now := Validators{ETag: resp.Header.Get("ETag"), Modified: resp.Header.Get("Last-Modified")}
	if resp.StatusCode == http.StatusOK {
		return Picture{Body: resp.Body, Validators: now}, nil
	}
	_ = resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotModified:
		return Picture{Validators: v}, nil
	case resp.StatusCode >= 500, resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode == http.StatusRequestTimeout:
		return Picture{}, fmt.Errorf("%w: answered %s", ErrUnavailable, resp.Status)
	}
	return Picture{}, fmt.Errorf("%w: answered %s", ErrRefused, resp.Status)
}

// cancelling frees what a body's deadline holds when it is closed.
type cancelling struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (c *cancelling) Close() error {
	defer c.cancel()
	return c.ReadCloser.Close()
}
