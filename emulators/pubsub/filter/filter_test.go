package filter_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/pubsub/filter"
)

func TestMatch(t *testing.T) {
	order := map[string]string{"kind": "order", "iana.org/lang": "de", "empty": "", "quote": `a"b`}
	for in, want := range map[string]bool{
		``:                                          true,
		`attributes:kind`:                           true,
		`attributes:none`:                           false,
		`attributes:"kind"`:                         true,
		`attributes:"iana.org/lang"`:                true,
		`attributes.kind = "order"`:                 true,
		`attributes.kind="order"`:                   true,
		`attributes.kind = "Order"`:                 false,
		`attributes.kind != "order"`:                false,
		`attributes.none != "order"`:                true,
		`attributes.empty = ""`:                     true,
		`attributes."iana.org/lang" = "de"`:         true,
		`attributes.quote = "a\"b"`:                 true,
		`attributes.kind = "\u006frder"`:            true,
		`hasPrefix(attributes.kind, "or")`:          true,
		`hasPrefix(attributes.kind, "der")`:         false,
		`hasPrefix(attributes.none, "")`:            false,
		`NOT attributes:none`:                       true,
		`-attributes:kind`:                          false,
		`NOT (attributes:kind AND attributes:none)`: true,
		`attributes:kind AND attributes:empty AND attributes:none`:        false,
		`attributes:none OR attributes:nope OR attributes:kind`:           true,
		`attributes:none AND (attributes:kind OR attributes:empty)`:       false,
		`(attributes:none AND attributes:kind) OR NOT attributes:nothing`: true,
	} {
		f, err := filter.Parse(in)
		require.NoError(t, err, in)
		require.Equal(t, want, f.Match(order), in)
	}
}

func TestParseSaysWhereAndWhat(t *testing.T) {
	for in, want := range map[string]string{
		`kind = "order"`:                                `position 1: expected attributes, hasPrefix, NOT or "(", found kind`,
		`attributes`:                                    `position 11: expected ":" or ".", found the end`,
		`attributes.kind`:                               `position 16: expected "=" or "!=", found the end`,
		`attributes.kind = 5`:                           `position 19: expected a string in double quotes, found 5`,
		`attributes.kind > "5"`:                         `position 17: expected "=" or "!=", found >`,
		`attributes:a AND`:                              `position 17: expected attributes, hasPrefix, NOT or "(", found the end`,
		`attributes:a and attributes:b`:                 `position 14: expected AND, OR or the end, found and`,
		`attributes:a AND attributes:b OR attributes:c`: `position 31: expected parentheses around a mix of AND and OR, found OR`,
		`(attributes:a`:                                 `position 14: expected ")", found the end`,
		`attributes.a = "open`:                          `position 16: expected a string in double quotes, found "open`,
		`hasPrefix(attributes:a, "")`:                   `position 21: expected ".", found :`,
		strings.Repeat("(", 200):                        `position 65: expected fewer parentheses, found (`,
		strings.Repeat("x", 257):                        `the filter has 257 bytes, the maximum is 256`,
	} {
		_, err := filter.Parse(in)
		require.EqualError(t, err, want, in)
	}
}

// FuzzParse checks that no input hurts and that NOT inverts every filter.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`attributes:a`, `NOT (attributes.a = "b" OR hasPrefix(attributes."c d", "\x41"))`, `-(`, `"\`} {
		f.Add(seed, "a", "b")
	}
	f.Fuzz(func(t *testing.T, in, key, value string) {
		plain, err := filter.Parse(in)
		if err != nil || strings.TrimSpace(in) == "" {
			return
		}
		inverse, err := filter.Parse("NOT (" + in + ")")
		if err != nil {
			return // too long or too deep now
		}
		m := map[string]string{key: value}
		require.NotEqual(t, plain.Match(m), inverse.Match(m))
	})
}
