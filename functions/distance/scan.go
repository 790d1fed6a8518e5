package distance

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"lastmile/shared/geo"
)

// tableRequest is what POST /v1/table takes. A place is [longitude, latitude],
// as everywhere else here, or the id of a courier.
type tableRequest struct {
	sources, targets []spot
	timeout          int // in milliseconds; 0 is the default
	radius           int // in metres; 0 is the default
	islands          bool
}

// spot is a place of a request: a point, or an id if that is not nil. The id is
// part of the body.
type spot struct {
	point geo.Point
	id    []byte
}

var errSyntax = errors.New("no valid request")

// scanner reads JSON of one shape without allocating. It takes nothing that
// [json.Valid] would not.
type scanner struct {
	text []byte
	at   int
}

// decode reads a request, into the memory of r.
func (r *tableRequest) decode(body []byte) error {
	*r = tableRequest{sources: r.sources[:0], targets: r.targets[:0]}
	s := &scanner{text: body}
	err := s.object(func(key []byte) (err error) {
		switch string(key) {
		case "sources":
			r.sources, err = s.spots(r.sources[:0])
		case "targets":
			r.targets, err = s.spots(r.targets[:0])
		case "timeoutMillis":
			r.timeout, err = s.integer(1, 60_000)
		case "radius":
			r.radius, err = s.integer(1, 5000)
		case "islands":
			r.islands, err = s.boolean()
		default:
			return fmt.Errorf("%w: there is no field %q; there are sources, targets, timeoutMillis, radius and islands", errSyntax, key)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if s.skip(); s.at != len(body) {
		return s.wrong("the end")
	}
	return nil
}

func (s *scanner) wrong(wanted string) error {
	return fmt.Errorf("%w: byte %d must be %s", errSyntax, s.at, wanted)
}

func (s *scanner) skip() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// next takes c if it is what comes next.
func (s *scanner) next(c byte) bool {
	s.skip()
	if s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) object(field func(key []byte) error) error {
	if !s.next('{') {
		return s.wrong("{")
	}
	if s.next('}') {
		return nil
	}
	for {
		key, err := s.quoted()
		if err != nil {
			return err
		}
		if !s.next(':') {
			return s.wrong(":")
		}
		if err := field(key); err != nil {
			return err
		}
		if s.next('}') {
			return nil
		}
		if !s.next(',') {
			return s.wrong(", or }")
		}
	}
}

func (s *scanner) spots(to []spot) ([]spot, error) {
	if !s.next('[') {
		return to, s.wrong("[")
	}
	if s.next(']') {
		return to, nil
	}
	for {
		one, err := s.spot()
		if err != nil {
			return to, fmt.Errorf("place %d: %w", len(to), err)
		}
		if to = append(to, one); len(to) > maxPlaces {
			return to, fmt.Errorf("%w: more than %d places", errTooLarge, maxPlaces)
		}
		if s.next(']') {
			return to, nil
		}
		if !s.next(',') {
			return to, s.wrong(", or ]")
		}
	}
}

func (s *scanner) spot() (p spot, err error) {
	if s.next('[') {
		lng, err := s.number()
		if err != nil {
			return p, err
		}
		if !s.next(',') {
			return p, s.wrong(",")
		}
		lat, err := s.number()
		if err != nil {
			return p, err
		}
		if !s.next(']') {
			return p, s.wrong("]")
		}
		return spot{point: geo.Point{Lat: lat, Lng: lng}}, nil
	}
	p.id, err = s.quoted()
	if err == nil && (len(p.id) == 0 || len(p.id) > maxID) {
		err = fmt.Errorf("%w: an id must have 1 to %d bytes", errSyntax, maxID)
	}
	return p, err
}

// quoted reads a string. One with escapes is decoded into memory of its own.
func (s *scanner) quoted() ([]byte, error) {
	if !s.next('"') {
		return nil, s.wrong(`"`)
	}
	start, plain := s.at, true
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '"':
			text := s.text[start:s.at]
			s.at++
			if plain {
				return text, nil
			}
			var decoded string
			if err := json.Unmarshal(s.text[start-1:s.at], &decoded); err != nil {
				return nil, fmt.Errorf("%w: %w", errSyntax, err)
			}
			return []byte(decoded), nil
		case c == '\\':
			plain = false
			s.at++
		case c < ' ':
			return nil, s.wrong("no control character")
		}
	}
	return nil, s.wrong(`"`)
}

// number reads a number as JSON has it.
func (s *scanner) number() (float64, error) {
	s.skip()
	x, n := number(s.text[s.at:])
	if n == 0 {
		return 0, s.wrong("a number")
	}
	s.at += n
	return x, nil
}

func (s *scanner) integer(least, most int) (int, error) {
	x, err := s.number()
	if err == nil && (x != float64(int(x)) || int(x) < least || int(x) > most) {
		err = fmt.Errorf("%w: it must be a whole number from %d to %d", errSyntax, least, most)
	}
	return int(x), err
}

func (s *scanner) boolean() (bool, error) {
	s.skip()
	for _, word := range []string{"true", "false"} {
		if len(s.text)-s.at >= len(word) && string(s.text[s.at:s.at+len(word)]) == word {
			s.at += len(word)
			return word == "true", nil
		}
	}
	return false, s.wrong("true or false")
}

var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// number returns the JSON number that text begins with and its length, 0 if
// there is none. Up to 15 digits the quotient of two exact numbers is the nearest
// to what is written; longer ones take the long way.
func number(text []byte) (x float64, n int) {
	if n < len(text) && text[n] == '-' {
		n++
	}
	first, whole := n, int64(0)
	n, whole = digits(text, n, whole)
	length, decimals := n-first, 0
	if length == 0 || length > 1 && text[first] == '0' {
		return 0, 0
	}
	if n < len(text) && text[n] == '.' {
		point := n
		n, whole = digits(text, n+1, whole)
		if decimals = n - point - 1; decimals == 0 {
			return 0, 0
		}
	}
	if length+decimals > 15 || n < len(text) && text[n]|' ' == 'e' {
		return longNumber(text, n)
	}
	x = float64(whole) / powers[decimals]
	if text[0] == '-' {
		x = -x
	}
	return x, n
}

// digits reads on at n, and adds what it reads to a number.
func digits(text []byte, n int, whole int64) (int, int64) {
	for ; n < len(text) && text[n]-'0' <= 9; n++ {
		whole = whole*10 + int64(text[n]-'0')
	}
	return n, whole
}

// longNumber reads an exponent too, if there is one.
func longNumber(text []byte, n int) (float64, int) {
	if n < len(text) && text[n]|' ' == 'e' {
		n++
		if n < len(text) && (text[n] == '+' || text[n] == '-') {
			n++
		}
		first := n
		if n, _ = digits(text, n, 0); n == first {
			return 0, 0
		}
	}
	x, err := strconv.ParseFloat(string(text[:n]), 64)
	if err != nil {
		return 0, 0
	}
	return x, n
}
