// Package filter reads the filters of Pub/Sub subscriptions and applies them to
// the attributes of messages.
//
// The grammar is Google's: attributes:key, attributes.key = "v", != "v",
// hasPrefix(attributes.key, "v"), NOT or -, AND, OR and parentheses, where AND
// and OR may not stand side by side without parentheses.
package filter

import (
	"fmt"
	"strings"
)

// MaxBytes is the longest filter.
const MaxBytes = 256

// Filter decides which messages a subscription receives. The zero Filter
// matches all.
type Filter struct{ root node }

// Parse reads a filter; the empty one matches all.
func Parse(s string) (Filter, error) {
	if len(s) > MaxBytes {
		return Filter{}, fmt.Errorf("the filter has %d bytes, the maximum is %d", len(s), MaxBytes)
	}
	if strings.TrimSpace(s) == "" {
		return Filter{}, nil
	}
	p := &parser{lexer: lexer{in: s}}
	p.next()
	root, err := p.expression()
	if err == nil && p.tok.kind != end {
		err = p.fault("AND, OR or the end")
	}
	if err != nil {
		return Filter{}, err
	}
	return Filter{root}, nil
}

// All reports whether everything passes.
func (f Filter) All() bool { return f.root == nil }

// Match reports whether a message with these attributes passes.
func (f Filter) Match(attributes map[string]string) bool {
	return f.All() || f.root.match(attributes)
}

type node interface {
	match(map[string]string) bool
}

type (
	has    struct{ key string }
	equal  struct{ key, value string }
	prefix struct{ key, value string }
	not    struct{ of node }
	all    []node
	one    []node
)

func (n has) match(a map[string]string) bool {
	_, ok := a[n.key]
	return ok
}

func (n equal) match(a map[string]string) bool {
	v, ok := a[n.key]
	return ok && v == n.value
}

func (n prefix) match(a map[string]string) bool {
	v, ok := a[n.key]
	return ok && strings.HasPrefix(v, n.value)
}

func (n not) match(a map[string]string) bool { return !n.of.match(a) }

func (n all) match(a map[string]string) bool {
	for _, x := range n {
		if !x.match(a) {
			return false
		}
	}
	return true
}

func (n one) match(a map[string]string) bool {
	for _, x := range n {
		if x.match(a) {
			return true
		}
	}
	return false
}
