package filter

import (
	"strconv"
	"strings"
)

type kind uint8

const (
	end kind = iota
	word
	literal
	symbol
	broken
)

type token struct {
	kind  kind
	text  string // as written
	value string // of a word or a literal
	at    int
}

type lexer struct {
	in  string
	pos int
}

func (l *lexer) scan() token {
	for l.pos < len(l.in) && strings.IndexByte(" \t\r\n", l.in[l.pos]) >= 0 {
		l.pos++
	}
	at, rest := l.pos, l.in[l.pos:]
	if rest == "" {
		return token{kind: end, at: at}
	}
	t := next(rest)
	t.at = at
	l.pos += len(t.text)
	return t
}

// next reads the token that s begins with.
func next(s string) token {
	switch c := s[0]; {
	case c == '"':
		return quoted(s)
	case strings.HasPrefix(s, "!="):
		return token{kind: symbol, text: s[:2]}
	case strings.IndexByte("().,:=-", c) >= 0:
		return token{kind: symbol, text: s[:1]}
	case letter(c):
		n := 1
		for n < len(s) && (letter(s[n]) || s[n] == '-') {
			n++
		}
		return token{kind: word, text: s[:n], value: s[:n]}
	}
	return token{kind: broken, text: s[:1]}
}

func quoted(s string) token {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			v, err := strconv.Unquote(s[:i+1])
			if err != nil {
				return token{kind: broken, text: s[:i+1]}
			}
			return token{kind: literal, text: s[:i+1], value: v}
		}
	}
	return token{kind: broken, text: s}
}

func letter(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
