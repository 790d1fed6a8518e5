package score

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Kept is for how many days facts count.
const Kept = 90

// day counts days since 1970, UTC.
type day int64

func dayOf(t time.Time) day {
	const seconds = 24 * 60 * 60
	s := t.Unix()
	d := s / seconds
	if s%seconds < 0 {
		d--
	}
	return day(d)
}

// bucket is a day of one dimension.
type bucket struct {
	day       day
	dimension uint8 // as in All
	Counts
}

// compare is how buckets are sorted.
func (b bucket) compare(c bucket) int {
	if b.day != c.day {
		return int(b.day - c.day)
	}
	return int(b.dimension) - int(c.dimension)
}

// Ledger is what a courier did, counted by day and dimension. The zero Ledger is
// of a courier of whom nothing is known.
type Ledger struct {
	buckets []bucket // sorted, none of them empty: equal ledgers are equal in every bit
	newest  day      // of all facts; what is Kept days older is dropped

	zone   string
	zoneAt time.Time
}

// Zone is where the courier last did something.
func (l Ledger) Zone() string { return l.zone }

// After returns l with one more fact, in a ledger of its own. That a fact counts
// once is for the caller to see to.
func (l Ledger) After(f Fact) Ledger {
	l.buckets = append(make([]bucket, 0, len(l.buckets)+1), l.buckets...)
	l.add(f)
	return l
}

// Fold returns the ledger of these facts.
func Fold(facts ...Fact) Ledger {
	var l Ledger
	for _, f := range facts {
		l.add(f)
	}
	return l
}

func (l *Ledger) add(f Fact) {
	at := f.At.UTC().Truncate(time.Microsecond) // as it is packed
	if at.After(l.zoneAt) || at.Equal(l.zoneAt) && f.Zone > l.zone {
		l.zone, l.zoneAt = f.Zone, at
	}
	d := dayOf(at)
	l.advance(d)
	all := All()
	i := slices.Index(all[:], f.Dimension)
	if i >= 0 && d > l.newest-Kept {
		l.count(bucket{d, uint8(i), f.counts()})
	}
}

// count adds b to the bucket of its day and dimension.
func (l *Ledger) count(b bucket) {
	i, found := slices.BinarySearchFunc(l.buckets, b, bucket.compare)
	if found {
		b.Counts = b.Plus(l.buckets[i].Counts)
		l.buckets = slices.Delete(l.buckets, i, i+1)
	}
	if b.Counts != (Counts{}) {
		l.buckets = slices.Insert(l.buckets, i, b)
	}
}

// advance makes d the newest day, if it is, and drops what is too old by it.
func (l *Ledger) advance(d day) {
	if d <= l.newest {
		return
	}
	l.newest = d
	l.buckets = slices.DeleteFunc(l.buckets, func(b bucket) bool { return b.day <= d-Kept })
}

// Totals are what counts as of now, undecayed.
func (l Ledger) Totals(now time.Time) (t Each[Counts]) {
	today, all := dayOf(now), All()
	for _, b := range l.buckets {
		if b.day <= today && b.day > today-Kept {
			at := t.Of(all[b.dimension])
			*at = at.Plus(b.Counts)
		}
	}
	return t
}

// packed is the version of the packed form.
const packed = 1

// Pack returns l as bytes; equal ledgers are equal bytes.
func (l Ledger) Pack() []byte {
	b := []byte{packed}
	b = binary.AppendVarint(b, int64(l.newest))
	b = binary.AppendVarint(b, l.zoneAt.UnixMicro())
	b = binary.AppendUvarint(b, uint64(len(l.zone)))
	b = append(b, l.zone...)
	b = binary.AppendUvarint(b, uint64(len(l.buckets)))
	for _, k := range l.buckets {
		b = binary.AppendVarint(b, int64(l.newest-k.day))
		b = append(b, k.dimension)
		b = binary.AppendVarint(b, k.Good)
		b = binary.AppendVarint(b, k.Trials)
		b = binary.AppendVarint(b, k.Excused)
	}
	return b
}

// ErrPacked is returned for bytes that no ledger was packed into.
var ErrPacked = errors.New("not a packed ledger")

// Unpack returns the ledger that was packed into b; none is the zero Ledger.
func Unpack(b []byte) (l Ledger, err error) {
	if len(b) == 0 {
		return l, nil
	}
	r := reader{b: b}
	if v := r.byte(); v != packed {
		return l, fmt.Errorf("%w: version %d", ErrPacked, v)
	}
	l.newest = day(r.varint())
	l.zoneAt = time.UnixMicro(r.varint()).UTC()
	l.zone = string(r.take(r.uvarint()))
	n := r.uvarint()
	if n > dimensions*Kept {
		return Ledger{}, fmt.Errorf("%w: %d buckets", ErrPacked, n)
	}
	l.buckets = make([]bucket, 0, n)
	for range n {
		k := bucket{l.newest - day(r.varint()), r.byte(), Counts{r.varint(), r.varint(), r.varint()}}
		if k.dimension >= dimensions || len(l.buckets) > 0 && l.buckets[len(l.buckets)-1].compare(k) >= 0 {
			return Ledger{}, fmt.Errorf("%w: its buckets are not in order", ErrPacked)
		}
		l.buckets = append(l.buckets, k)
	}
	if r.short || len(r.b) > 0 {
		return Ledger{}, fmt.Errorf("%w: it ends in the middle, or later", ErrPacked)
	}
	return l, nil
}

// reader takes values off bytes. After the end it returns zeros, and is short.
type reader struct {
	b     []byte
	short bool
}

func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.b, r.short = nil, true
		return nil
	}
	taken := r.b[:n]
	r.b = r.b[n:]
	return taken
}

func (r *reader) byte() uint8 {
	if b := r.take(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	r.skip(n)
	return v
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	r.skip(n)
	return v
}

func (r *reader) skip(n int) {
	if n <= 0 {
		r.b, r.short = nil, true
		return
	}
	r.b = r.b[n:]
}
