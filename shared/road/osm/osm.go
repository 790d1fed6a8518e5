// Package osm reads and writes OpenStreetMap extracts in the PBF format.
//
// It owns the format alone, not what tags mean. It promises that bytes of any
// kind lead to an error that names the block, never to a panic, and that a block
// takes no more memory than the format allows.
package osm

// Node is a place.
type Node struct {
	ID int64

	// Lat and Lng are in 1e-7 degree.
	Lat, Lng int32

	Tags Tags
}

// Way is a line through nodes.
type Way struct {
	ID   int64
	Refs []int64
	Tags Tags
}

// Relation ties members together.
type Relation struct {
	ID      int64
	Members []Member
	Tags    Tags
}

// Member is one part of a relation.
type Member struct {
	Kind Kind
	ID   int64
	Role string
}

// Kind is what a member is.
type Kind uint8

// The kinds, as the format numbers them.
const (
	NodeKind Kind = iota
	WayKind
	RelationKind
)

// Tags are keys and values in turn.
type Tags []string

// Get returns the value of a key, "" if there is none.
func (t Tags) Get(key string) string {
	for i := 0; i+1 < len(t); i += 2 {
		if t[i] == key {
			return t[i+1]
		}
	}
	return ""
}

// Visitor takes what [Read] finds. What has no function is not decoded. Slices
// are valid until the function returns.
type Visitor struct {
	Node     func(Node) error
	Way      func(Way) error
	Relation func(Relation) error
}
