package value

import (
	"maps"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// Editor changes fields without touching the maps it started from: it copies
// a map before the first change to it.
type Editor struct {
	fields map[string]*pb.Value
	owned  map[*pb.MapValue]bool
}

// NewEditor starts from fields.
func NewEditor(fields map[string]*pb.Value) *Editor {
	copied := make(map[string]*pb.Value, len(fields))
	maps.Copy(copied, fields)
	return &Editor{fields: copied}
}

// Fields is the result.
func (e *Editor) Fields() map[string]*pb.Value { return e.fields }

// Set writes v at p, making maps on the way.
func (e *Editor) Set(p Path, v *pb.Value) { e.enter(p)[p[len(p)-1]] = v }

// Delete removes what is at p, if anything.
func (e *Editor) Delete(p Path) {
	if p.Get(e.fields) != nil {
		delete(e.enter(p), p[len(p)-1])
	}
}

// enter returns the map that holds p's last segment, ours to change.
func (e *Editor) enter(p Path) map[string]*pb.Value {
	fields := e.fields
	for _, segment := range p[:len(p)-1] {
		m := fields[segment].GetMapValue()
		if !e.owned[m] {
			m = &pb.MapValue{Fields: cloneFields(m.GetFields())}
			e.own(m)
			fields[segment] = &pb.Value{ValueType: &pb.Value_MapValue{MapValue: m}}
		}
		fields = m.Fields
	}
	return fields
}

func (e *Editor) own(m *pb.MapValue) {
	if e.owned == nil {
		e.owned = map[*pb.MapValue]bool{}
	}
	e.owned[m] = true
}

func cloneFields(fields map[string]*pb.Value) map[string]*pb.Value {
	if fields == nil {
		return map[string]*pb.Value{}
	}
	return maps.Clone(fields)
}
