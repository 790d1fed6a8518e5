package track

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"slices"
	"time"
)

// Newest is the newest fix of each courier, without its order.
type Newest map[CourierID]Fix

// Kept is how long the position of a courier is kept after the newest of all.
const Kept = 7 * 24 * time.Hour

// Merge takes fixes in, and returns how many were newer than what was there. It
// then drops the couriers that have not been heard of for [Kept].
func (n Newest) Merge(fixes ...Fix) (changed int) {
	var latest time.Time
	for _, f := range fixes {
		old, ok := n[f.Courier]
		if !ok || f.Compare(old) > 0 {
			f = f.Rounded()
			f.Order = ""
			n[f.Courier] = f
			changed++
		}
	}
	for _, f := range n {
		if f.At.After(latest) {
			latest = f.At
		}
	}
	maps.DeleteFunc(n, func(_ CourierID, f Fix) bool { return latest.Sub(f.At) > Kept })
	return changed
}

// Fixes returns the fixes by courier.
func (n Newest) Fixes() []Fix {
	fixes := make([]Fix, 0, len(n))
	for _, id := range slices.Sorted(maps.Keys(n)) {
		fixes = append(fixes, n[id])
	}
	return fixes
}

// Shards is how many packed documents the couriers are divided among. Each takes
// one write a second at most, and some 25,000 couriers. Raising it is harmless
// for readers that merge all shards.
const Shards = 4

// Shard returns which of so many shards a courier belongs to: always the same.
func (id CourierID) Shard(shards int) int {
	h := fnv.New32a()
	h.Write([]byte(id))
	return int(h.Sum32() % uint32(shards))
}

// packing is the version of the packed form: after it the number of fixes and
// the oldest time, then for each fix, by courier, the length of its courier's
// id, the id, and its Numbers, time counted from the oldest; all as unsigned
// varints.
const packing = 1

// ErrPacked is returned for bytes that are not the packed form.
var ErrPacked = errors.New("not the packed form")

// Pack returns n packed: the same n is always the same bytes.
func (n Newest) Pack() []byte {
	oldest := int64(math.MaxInt64)
	for _, f := range n {
		oldest = min(oldest, f.At.UnixMilli())
	}
	b := binary.AppendUvarint([]byte{packing}, uint64(len(n)))
	b = binary.AppendUvarint(b, uint64(oldest))
	for _, f := range n.Fixes() {
		b = binary.AppendUvarint(b, uint64(len(f.Courier)))
		b = append(b, f.Courier...)
		numbers := f.Numbers()
		numbers[0] -= oldest
		for _, x := range numbers {
			b = binary.AppendUvarint(b, uint64(x))
		}
	}
	return b
}

// Unpack returns what was packed. Nothing is an empty Newest.
func Unpack(packed []byte) (Newest, error) {
	if len(packed) == 0 {
		return Newest{}, nil
	}
	u := &unpacker{rest: packed}
	u.version(packing)
	count, oldest := u.count(), u.next()
	n := make(Newest, count)
	for range count {
		courier := CourierID(u.text())
		var numbers Numbers
		for i := range numbers {
			numbers[i] = int64(u.next())
		}
		numbers[0] += int64(oldest)
		n[courier] = numbers.Fix(courier)
	}
	if u.err != nil {
		return nil, fmt.Errorf("positions: %w", u.err)
	}
	return n, nil
}
