package redis

import (
	"bufio"
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReadCommand(t *testing.T) {
	for name, tc := range map[string]struct {
		input string
		names []string
		fault string
	}{
		"an array":                  {"*2\r\n$3\r\nget\r\n$1\r\nk\r\n", []string{"GET"}, "EOF"},
		"a line of words":           {"get k\r\nPING\r\n", []string{"GET", "PING"}, "EOF"},
		"a pipeline":                {"*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nQUIT\r\n", []string{"PING", "QUIT"}, "EOF"},
		"binary arguments":          {"*2\r\n$3\r\nSET\r\n$2\r\n\r\n\r\n", []string{"SET"}, "EOF"},
		"empty commands are passed": {"*0\r\n\r\n*1\r\n$4\r\nPING\r\n", []string{"PING"}, "EOF"},
		"a negative count":          {"*-1\r\n", nil, "bad count"},
		"a count beyond all limits": {"*99999999\r\n", nil, "bad count"},
		"a size beyond all limits":  {"*1\r\n$999999999999\r\n", nil, "bad count"},
		"no bulk string":            {"*1\r\nPING\r\n", nil, "where a bulk string was due"},
		"a cut argument":            {"*1\r\n$10\r\nPING", nil, "EOF"},
		"an endless line":           {strings.Repeat("x", 200_000), nil, "a line of more than"},
	} {
		t.Run(name, func(t *testing.T) {
			in := bufio.NewReader(strings.NewReader(tc.input))
			var names []string
			for {
				name, _, err := readCommand(in)
				if err != nil {
					require.ErrorContains(t, err, tc.fault)
					require.Equal(t, tc.names, names)
					return
				}
				names = append(names, name)
			}
		})
	}
}

// The proxy may drop empty commands and must pass on every other byte.
func FuzzReadCommandLosesNoByte(f *testing.F) {
	f.Add([]byte("*2\r\n$3\r\nget\r\n$1\r\nk\r\nPING\r\n"))
	f.Add([]byte("*1\r\n$3\r\nge"))
	f.Fuzz(func(t *testing.T, input []byte) {
		in := bufio.NewReader(bytes.NewReader(input))
		rest := input
		for {
			_, raw, err := readCommand(in)
			if err != nil {
				return
			}
			at := bytes.Index(rest, raw)
			require.GreaterOrEqual(t, at, 0, "%q is not in %q", raw, rest)
			for line := range bytes.Lines(rest[:at]) {
				require.Empty(t, strings.Trim(string(line), "*0+- \t\r\n\v\f\u0085\u00a0"), "lost %q", line)
			}
			rest = rest[at+len(raw):]
		}
	})
}
