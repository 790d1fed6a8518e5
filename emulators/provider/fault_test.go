package provider_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/provider"
	"lastmile/shared/catalog"
	"lastmile/shared/catalog/cataloghttp"
)

func TestASyncSurvivesAProviderThatMisbehaves(t *testing.T) {
	for name, fault := range map[string]provider.Fault{
		"an error once":             {Kind: provider.Status, Status: 500, Times: 2},
		"a page refused once":       {Kind: provider.Status, Status: 429, Page: 2, Times: 1},
		"a connection closed":       {Kind: provider.Down, Page: 2, Times: 1},
		"half a body":               {Kind: provider.Truncated, Page: 2, Times: 1},
		"a web page":                {Kind: provider.ContentType, Page: 2, Times: 1},
		"slow":                      {Kind: provider.Slow, DelayMillis: 1, Times: 3},
		"a product listed twice":    {Kind: provider.Duplicate, Page: 1},
		"pages that shift":          {Kind: provider.Shift, Page: 2, Times: 1},
		"pages that shift for ever": {Kind: provider.Shift, Times: 30},
	} {
		for kind := range kinds {
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				t.Parallel()
				srv := start(t, provider.Options{Items: 150})
				before := srv.IDs()
				srv.Misbehave(fault)
				s := srv.Settings(kind, "corner")
				if kind == catalog.ByWindow {
					s.Paging.Size = 3 // so that a window has a second page
				}
				items := itemsOf(t, sync(t, srv, s))
				for _, id := range before {
					require.Contains(t, items, id)
				}
				if fault.Times > 0 && fault.Times < 30 {
					require.Empty(t, srv.Faults(), "the fault acted")
				}
			})
		}
	}
}

func TestFaultsActAsAsked(t *testing.T) {
	client := newClient(t)
	for name, c := range map[string]struct {
		fault provider.Fault
		want  error
		seen  func(*testing.T, catalog.Page)
	}{
		"an error":         {provider.Fault{Kind: provider.Status, Status: 503}, cataloghttp.ErrUnavailable, nil},
		"a refusal":        {provider.Fault{Kind: provider.Status, Status: 403}, cataloghttp.ErrRefused, nil},
		"down":             {provider.Fault{Kind: provider.Down}, cataloghttp.ErrUnavailable, nil},
		"half a body":      {provider.Fault{Kind: provider.Truncated}, cataloghttp.ErrUnavailable, nil},
		"a web page":       {provider.Fault{Kind: provider.ContentType}, catalog.ErrGarbled, nil},
		"another style's":  {provider.Fault{Kind: provider.Down, Path: "/nowhere"}, nil, func(t *testing.T, p catalog.Page) { require.Len(t, p.Items, 25) }},
		"another page's":   {provider.Fault{Kind: provider.Down, Page: 2}, nil, func(t *testing.T, p catalog.Page) { require.Len(t, p.Items, 25) }},
		"a malformed item": {provider.Fault{Kind: provider.Malformed}, nil, func(t *testing.T, p catalog.Page) { require.Len(t, p.Bad, 1); require.Equal(t, "name", p.Bad[0].Field) }},
		"a duplicate":      {provider.Fault{Kind: provider.Duplicate}, nil, func(t *testing.T, p catalog.Page) { require.Equal(t, 1, p.Duplicates) }},
	} {
		for kind, path := range kinds {
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				srv := start(t, provider.Options{Items: 3000})
				s := srv.Settings(kind, "corner")
				s.Limits.Retries = -1
				srv.Misbehave(c.fault)
				page, err := client.Probe(t.Context(), s, key(srv))
				require.ErrorIs(t, err, c.want)
				require.Equal(t, 1, srv.Requests(path))
				if c.seen != nil {
					c.seen(t, page)
				}
				srv.Behave()
				_, err = client.Probe(t.Context(), s, key(srv))
				require.NoError(t, err)
			})
		}
	}
}

func TestControlByHand(t *testing.T) {
	srv := start(t, provider.Options{Items: 5})
	do := func(method, body string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), method, srv.URL()+"/control", strings.NewReader(body))
		require.NoError(t, err)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, string(text)
	}
	for name, c := range map[string]struct {
		method, body string
		status       int
		says         string
	}{
		"nothing is wrong at first":    {"GET", "", 200, `"faults":null`},
		"a fault is added":             {"POST", `{"kind":"status","status":503,"times":2}`, 200, `"status":503`},
		"an unknown kind is refused":   {"POST", `{"kind":"fire"}`, 400, "use one of"},
		"an unknown field is refused":  {"POST", `{"kind":"down","pages":3}`, 400, "pages"},
		"a status must be an error":    {"POST", `{"kind":"status","status":200}`, 400, "400 to 599"},
		"times below zero are refused": {"POST", `{"kind":"down","times":-1}`, 400, "below 0"},
		"a body has a bound":           {"POST", `{"kind":"` + strings.Repeat("x", 5000) + `"}`, 400, "too large"},
		"faults are taken back":        {"DELETE", "", 200, `"faults":null`},
	} {
		t.Run(name, func(t *testing.T) {
			srv.Behave()
			status, text := do(c.method, c.body)
			require.Equal(t, c.status, status)
			require.Contains(t, text, c.says)
		})
	}
}
