package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// client calls the platform. It never tries again: that would hide a failure.
type client struct {
	options
	http *http.Client
}

// object is the JSON of a request.
type object map[string]any

const (
	callTimeout = 30 * time.Second
	maxAnswer   = 4 << 20
)

func newClient(o options) *client {
	return &client{o, &http.Client{Timeout: callTimeout, Transport: &http.Transport{
		MaxIdleConns: 1024, MaxIdleConnsPerHost: 1024, IdleConnTimeout: time.Minute,
	}}}
}

// call makes a call with a token, and reads the answer into out unless it is nil.
func (c *client) call(ctx context.Context, token, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, method, c.api+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	if method == http.MethodPost {
		r.Header.Set("Idempotency-Key", strconv.FormatUint(rand.Uint64(), 36)+strconv.FormatUint(rand.Uint64(), 36))
	}
	return c.do(r, out)
}

func (c *client) do(r *http.Request, out any) error {
	resp, err := c.http.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch {
	case err != nil:
		return err
	case resp.StatusCode >= http.StatusMultipleChoices:
		var p struct{ Detail string }
		_ = json.Unmarshal(answer, &p) // no problem document is no detail
		return fmt.Errorf("%d %s", resp.StatusCode, p.Detail)
	case out == nil:
		return nil
	}
	return json.Unmarshal(answer, out)
}

// signIn makes somebody's account, and returns a token of theirs.
func (c *client) signIn(ctx context.Context, entity, id string) (string, error) {
	account := object{"identities": []object{{"issuer": c.issuer, "subject": id}}}
	if err := c.call(ctx, c.token, http.MethodPut, "/v1/accounts/"+entity+"/"+id, account, nil); err != nil {
		return "", fmt.Errorf("account of %s: %w", id, err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.issuer+"/token", strings.NewReader(url.Values{"subject": {id}}.Encode()))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var identity struct {
		Token string `json:"id_token"`
	}
	if err := c.do(r, &identity); err != nil {
		return "", fmt.Errorf("identity of %s: %w", id, err)
	}
	var session struct{ Token string }
	err = c.call(ctx, c.token, http.MethodPost, "/v1/sessions", object{"identity": identity.Token, "entity": entity}, &session)
	return session.Token, err
}
