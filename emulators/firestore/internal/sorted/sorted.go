// Package sorted owns an ordered map from strings to values.
//
// It promises iteration in byte order in both directions from any point, and
// cheap inserts: entries live in blocks of a few hundred, so that an insert
// moves one block's tail. It is not safe for concurrent use with a writer.
package sorted

import (
	"iter"
	"slices"
	"sort"
)

const blockSize = 256

// Map is an ordered map. Its zero value is empty and ready.
type Map[V any] struct {
	blocks []*block[V] // never empty ones
	size   int
}

type block[V any] struct {
	keys []string
	vals []V
}

// Len is the number of entries.
func (m *Map[V]) Len() int { return m.size }

// Get finds the value of key.
func (m *Map[V]) Get(key string) (v V, ok bool) {
	b, i, ok := m.find(key)
	if !ok {
		return v, false
	}
	return m.blocks[b].vals[i], true
}

// Set adds key or replaces its value.
func (m *Map[V]) Set(key string, v V) {
	b, i, ok := m.find(key)
	if ok {
		m.blocks[b].vals[i] = v
		return
	}
	m.size++
	if b == len(m.blocks) {
		if b == 0 {
			m.blocks = append(m.blocks, &block[V]{keys: []string{key}, vals: []V{v}})
			return
		}
		b-- // greater than everything: goes to the end of the last block
		i = len(m.blocks[b].keys)
	}
	blk := m.blocks[b]
	blk.keys = slices.Insert(blk.keys, i, key)
	blk.vals = slices.Insert(blk.vals, i, v)
	if len(blk.keys) > blockSize {
		m.split(b)
	}
}

// split halves block b; the last block keeps nearly all of its entries, since
// keys often arrive in order.
func (m *Map[V]) split(b int) {
	blk := m.blocks[b]
	cut := len(blk.keys) / 2
	if b == len(m.blocks)-1 {
		cut = len(blk.keys) - len(blk.keys)/8
	}
	tail := &block[V]{keys: slices.Clone(blk.keys[cut:]), vals: slices.Clone(blk.vals[cut:])}
	clear(blk.keys[cut:])
	clear(blk.vals[cut:])
	blk.keys, blk.vals = blk.keys[:cut], blk.vals[:cut]
	m.blocks = slices.Insert(m.blocks, b+1, tail)
}

// Delete removes key and tells whether it was there.
func (m *Map[V]) Delete(key string) bool {
	b, i, ok := m.find(key)
	if !ok {
		return false
	}
	m.size--
	blk := m.blocks[b]
	blk.keys = slices.Delete(blk.keys, i, i+1)
	blk.vals = slices.Delete(blk.vals, i, i+1)
	if len(blk.keys) == 0 {
		m.blocks = slices.Delete(m.blocks, b, b+1)
	}
	return true
}

// find returns where key is, or where it would have to go.
func (m *Map[V]) find(key string) (b, i int, ok bool) {
	b = sort.Search(len(m.blocks), func(b int) bool {
		keys := m.blocks[b].keys
		return keys[len(keys)-1] >= key
	})
	if b == len(m.blocks) {
		return b, 0, false
	}
	i, ok = slices.BinarySearch(m.blocks[b].keys, key)
	return b, i, ok
}

// Range yields the entries with lo <= key < hi in ascending order; an empty hi
// means no upper bound.
func (m *Map[V]) Range(lo, hi string) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		b, i, _ := m.find(lo)
		for ; b < len(m.blocks); b, i = b+1, 0 {
			blk := m.blocks[b]
			for ; i < len(blk.keys); i++ {
				if hi != "" && blk.keys[i] >= hi || !yield(blk.keys[i], blk.vals[i]) {
					return
				}
			}
		}
	}
}

// Backward yields what Range yields, in descending order.
func (m *Map[V]) Backward(lo, hi string) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		b, i := len(m.blocks), 0
		if hi != "" {
			b, i, _ = m.find(hi)
		}
		for {
			for i--; i >= 0; i-- {
				blk := m.blocks[b]
				if blk.keys[i] < lo || !yield(blk.keys[i], blk.vals[i]) {
					return
				}
			}
			if b--; b < 0 {
				return
			}
			i = len(m.blocks[b].keys)
		}
	}
}
