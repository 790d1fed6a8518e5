package assigndb

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"lastmile/shared/assign"
	"lastmile/shared/docs"
)

// part is a document of the rest of a round.
type part struct {
	Packed  []byte    `firestore:"packed"`
	Expires time.Time `firestore:"expires"`
}

const (
	// maxPacked bounds what a document holds of a round; Firestore takes a little
	// more. A busy zone's round is larger, and goes on in others.
	maxPacked = 900 << 10
	maxParts  = 8

	// maxRound bounds what a packed round unpacks to.
	maxRound = 64 << 20
)

func (s *Store) parts(round string) docs.Collection[part] {
	return docs.In[part](s.db, "rounds", round, "roundparts")
}

// divided returns what the round's own document holds of it, and the writes of the
// rest.
func (s *Store) divided(round string, packed []byte, expires time.Time) (first []byte, rest []docs.Write) {
	pieces := slices.Collect(slices.Chunk(packed, maxPacked))
	for i, piece := range pieces[1:] {
		rest = append(rest, s.parts(round).Set(strconv.Itoa(i), part{piece, expires}))
	}
	return pieces[0], rest
}

// whole returns a packed round with what other documents hold of it.
func (s *Store) whole(ctx context.Context, id string, found stored) ([]byte, error) {
	rest, fetch := make([]*docs.Lookup[part], found.Parts), make([]docs.Fetcher, found.Parts)
	for i := range rest {
		rest[i] = s.parts(id).Lookup(strconv.Itoa(i))
		fetch[i] = rest[i]
	}
	if err := s.db.Fetch(ctx, fetch...); err != nil {
		return nil, err
	}
	packed := found.Packed
	for _, l := range rest {
		if !l.Exists {
			return nil, fmt.Errorf("%w: %s: a part of it is gone", ErrNoRound, id)
		}
		packed = append(packed, l.Data.Packed...)
	}
	return packed, nil
}

// pack leaves the candidates out of what would be too large for one document: they
// follow from the input.
func pack(r Round) ([]byte, error) {
	packed, err := compress(r)
	if err == nil && len(packed) > maxPacked && r.Input.Explain {
		packed, err = compress(r.brief())
	}
	if err == nil && len(packed) > maxPacked*(1+maxParts) {
		err = fmt.Errorf("%w: %d bytes", docs.ErrTooLarge, len(packed))
	}
	return packed, err
}

// brief is r without its candidates.
func (r Round) brief() Round {
	r.Input.Explain = false
	r.Decision.Ledger = slices.Clone(r.Decision.Ledger)
	for i := range r.Decision.Ledger {
		r.Decision.Ledger[i].Candidates = nil
	}
	return r
}

func compress(r Round) ([]byte, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if err := json.NewEncoder(w).Encode(r); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func unpack(packed []byte) (r Round, err error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return r, err
	}
	r.Travel = assign.NewTable(assign.Straight(1))
	err = json.NewDecoder(io.LimitReader(z, maxRound)).Decode(&r)
	r.Input.Travel = r.Travel
	return r, err
}
