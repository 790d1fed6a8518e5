package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/stack"
)

func TestALoadOnAPlatform(t *testing.T) {
	s, err := stack.Start(t.Context(), stack.Options{Gateways: 1})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	dir := t.TempDir()
	var out bytes.Buffer
	err = run(t.Context(), []string{"-api", s.URL, "-token", s.Operator, "-sockets", "20", "-producers", "10", "-for", "2s", "-out", dir}, &out)
	require.NoError(t, err, out.String())
	require.Contains(t, out.String(), "| a courier's report: due, answered | 20 |")
	require.Contains(t, out.String(), "| a socket: dialled, welcome | 20 |")
	require.Contains(t, out.String(), "| a courier's move: due, on a watcher's socket |")
	require.NotContains(t, out.String(), " times ", "nothing failed")
	for _, name := range []string{"quantiles.svg", "time.svg"} {
		f, err := os.Open(filepath.Join(dir, name))
		require.NoError(t, err)
		d := xml.NewDecoder(f)
		for err == nil {
			_, err = d.Token()
		}
		require.ErrorIs(t, err, io.EOF, "%s is XML", name)
		require.NoError(t, f.Close())
	}
}

func TestWhatCannotBeIsSaid(t *testing.T) {
	for args, want := range map[string]string{
		"":                                      "-token is missing",
		"-token x more":                         "unexpected argument",
		"-token x -for 1ms":                     "at least 1s",
		"-token x -sockets -1":                  "must not be negative",
		"-token x -api http://127.0.0.1:9/nope": "connection refused",
	} {
		t.Run(args, func(t *testing.T) {
			t.Setenv("OPERATOR_TOKEN", "")
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			err := run(ctx, strings.Fields(args), io.Discard)
			require.ErrorContains(t, err, want)
		})
	}
}
