package filter

import "fmt"

// maxDepth bounds the nesting; 256 bytes cannot ask for much more.
const maxDepth = 64

type parser struct {
	lexer
	tok   token
	depth int
}

func (p *parser) next() { p.tok = p.scan() }

func (p *parser) fault(want string) error {
	got := p.tok.text
	if p.tok.kind == end {
		got = "the end"
	}
	return fmt.Errorf("position %d: expected %s, found %s", p.tok.at+1, want, got)
}

func (p *parser) accept(kind kind, text string) bool {
	if p.tok.kind != kind || text != "" && p.tok.text != text {
		return false
	}
	p.next()
	return true
}

func (p *parser) expect(kind kind, text, want string) error {
	if !p.accept(kind, text) {
		return p.fault(want)
	}
	return nil
}

// expression = term { AND term } | term { OR term }
func (p *parser) expression() (node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.fault("fewer parentheses")
	}
	defer func() { p.depth-- }()
	first, err := p.term()
	if err != nil {
		return nil, err
	}
	terms, op := []node{first}, ""
	for p.tok.kind == word && (p.tok.text == "AND" || p.tok.text == "OR") {
		if op != "" && op != p.tok.text {
			return nil, p.fault("parentheses around a mix of AND and OR")
		}
		op = p.tok.text
		p.next()
		t, err := p.term()
		if err != nil {
			return nil, err
		}
		terms = append(terms, t)
	}
	switch op {
	case "AND":
		return all(terms), nil
	case "OR":
		return one(terms), nil
	}
	return first, nil
}

// term = [ NOT | "-" ] ( "(" expression ")" | hasPrefix | comparison )
func (p *parser) term() (node, error) {
	if p.accept(word, "NOT") || p.accept(symbol, "-") {
		of, err := p.primary()
		return not{of}, err
	}
	return p.primary()
}

func (p *parser) primary() (node, error) {
	switch {
	case p.accept(symbol, "("):
		n, err := p.expression()
		if err != nil {
			return nil, err
		}
		return n, p.expect(symbol, ")", `")"`)
	case p.accept(word, "hasPrefix"):
		return p.hasPrefix()
	case p.accept(word, "attributes"):
		return p.comparison()
	}
	return nil, p.fault(`attributes, hasPrefix, NOT or "("`)
}

func (p *parser) hasPrefix() (node, error) {
	if err := p.expect(symbol, "(", `"("`); err != nil {
		return nil, err
	}
	if err := p.expect(word, "attributes", "attributes"); err != nil {
		return nil, err
	}
	if err := p.expect(symbol, ".", `"."`); err != nil {
		return nil, err
	}
	key, err := p.key()
	if err != nil {
		return nil, err
	}
	if err := p.expect(symbol, ",", `","`); err != nil {
		return nil, err
	}
	value, err := p.value()
	if err != nil {
		return nil, err
	}
	return prefix{key, value}, p.expect(symbol, ")", `")"`)
}

// comparison = ":" key | "." key ( "=" | "!=" ) string
func (p *parser) comparison() (node, error) {
	if p.accept(symbol, ":") {
		key, err := p.key()
		return has{key}, err
	}
	if err := p.expect(symbol, ".", `":" or "."`); err != nil {
		return nil, err
	}
	key, err := p.key()
	if err != nil {
		return nil, err
	}
	negated := p.accept(symbol, "!=")
	if !negated {
		if err := p.expect(symbol, "=", `"=" or "!="`); err != nil {
			return nil, err
		}
	}
	value, err := p.value()
	if negated {
		return not{equal{key, value}}, err
	}
	return equal{key, value}, err
}

func (p *parser) key() (string, error) {
	if p.tok.kind != word && p.tok.kind != literal {
		return "", p.fault("the name of an attribute")
	}
	key := p.tok.value
	p.next()
	return key, nil
}

func (p *parser) value() (string, error) {
	if p.tok.kind != literal {
		return "", p.fault("a string in double quotes")
	}
	v := p.tok.value
	p.next()
	return v, nil
}
