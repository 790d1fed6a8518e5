package catalog

import (
	"hash/fnv"
	"slices"
)

// Buckets is how many manifests a catalogue has. Items are spread over them by
// their id, so that a page that shifts finds its items where they were.
const Buckets = 512

// Bucket returns the manifest, 0 to Buckets-1, that holds the item.
func Bucket(itemID string) int { return bucketOf(DocID(itemID)) }

func bucketOf(docID string) int {
	h := fnv.New32a()
	h.Write([]byte(docID))
	return int(h.Sum32() % Buckets)
}

// Manifest is what we know to be stored, by [DocID]:
//
//	 h   the item's document holds content of hash h
//	-h   the same, but the last complete sync missed the item
//	 0   the document is marked unavailable
//
// Concurrent pages merge their entries into one document for each bucket.
type Manifest map[string]int64

// gone is the entry of an item whose document is marked unavailable.
const gone int64 = 0

// Manifests are a shop's manifests, or some of them, by bucket.
type Manifests map[int]Manifest

// BucketsOf returns the buckets that hold the items, ascending: the manifests
// to read before a Diff.
func BucketsOf(items []Item) []int {
	var buckets []int
	for _, i := range items {
		buckets = append(buckets, Bucket(i.ID))
	}
	slices.Sort(buckets)
	return slices.Compact(buckets)
}

// Changes is what a page of items changes.
type Changes struct {
	Items     []Item    // to be written
	Entries   Manifests // to be merged into the manifests, in the same commit
	Unchanged int
}

// Diff compares items, which are normalised, with what is stored.
func (m Manifests) Diff(items []Item) Changes {
	c := Changes{Entries: Manifests{}}
	for _, i := range items {
		id, hash := DocID(i.ID), i.Hash()
		stored, known := m[bucketOf(id)][id]
		if known && (stored == hash || stored == -hash) {
			c.Unchanged++
		} else {
			c.Items = append(c.Items, i)
		}
		if !known || stored != hash {
			c.Entries.set(id, hash)
		}
	}
	return c
}

// Absence is what a complete sync did not list.
type Absence struct {
	DocIDs  []string  // documents to be marked unavailable, ascending
	Entries Manifests // to be merged into the manifests, after the documents are marked
}

// Missing finds the stored items that a sync did not list. It may be asked
// only after every page of a sync of the whole catalogue succeeded; seen holds
// the [Page.Seen] of all of them. An item already marked is not named again.
// With missesAllowed 1, an item is named only if the sync before missed it too.
func (m Manifests) Missing(seen map[string]bool, missesAllowed int) Absence {
	a := Absence{Entries: Manifests{}}
	for _, manifest := range m {
		for id, stored := range manifest {
			switch {
			case seen[id] || stored == gone:
			case stored > 0 && missesAllowed > 0:
				a.Entries.set(id, -stored)
			default:
				a.DocIDs = append(a.DocIDs, id)
				a.Entries.set(id, gone)
			}
		}
	}
	slices.Sort(a.DocIDs)
	return a
}

// Merge writes entries over m, as the store does.
func (m Manifests) Merge(entries Manifests) {
	for _, manifest := range entries {
		for id, value := range manifest {
			m.set(id, value)
		}
	}
}

func (m Manifests) set(docID string, value int64) {
	b := bucketOf(docID)
	if m[b] == nil {
		m[b] = Manifest{}
	}
	m[b][docID] = value
}
