package docs

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/proto"

	"lastmile/shared/bus"
	"lastmile/shared/shadow"
)

// maxEffects bounds what one commit adds to the record of a handling: the
// effects of a larger one count as a single one.
const maxEffects = 200

// effectsOf returns what writes do, in a form in which two ways of doing the same
// are equal:
//   - Create and Set are the same effect, as are Merge, Update and Replace of
//     the same fields: preconditions are no effect.
//   - Values compare as Firestore stores them, whatever Go type they came from.
//     Every timestamp equals every other, as two handlings have two clocks.
//   - The inbox, which has the function's name in it, is no effect. The outbox is
//     the effect of publishing; see [bus.Message.AddTo]. Clearing it is none.
//   - The paths of documents compare as they are. A document with a random id
//     therefore always differs: derive the id from the event.
func effectsOf(writes []*firestorepb.Write) shadow.Effects {
	effects := make(shadow.Effects)
	for _, w := range writes {
		addEffect(effects, w)
	}
	if len(effects) <= maxEffects {
		return effects
	}
	digests := strings.Join(slices.Sorted(maps.Keys(effects)), "")
	all := make(shadow.Effects)
	all.Add(fmt.Sprintf("commit of %d writes", len(effects)), []byte(digests))
	return all
}

func addEffect(effects shadow.Effects, w *firestorepb.Write) {
	path := relative(w.GetUpdate().GetName() + w.GetDelete())
	collection, _, _ := strings.Cut(path, "/")
	switch {
	case collection == "inbox":
	case collection == "outbox":
		if sent := w.GetUpdate(); sent != nil {
			message(sent).AddTo(effects)
		}
	case w.GetUpdate() == nil:
		effects.Add("delete "+path, nil)
	case w.UpdateMask == nil:
		effects.Add("set "+path, content(w))
	default:
		effects.Add("update "+path, content(w))
	}
}

// message returns what a document of the outbox publishes.
func message(sent *firestorepb.Document) bus.Message {
	fields := sent.Fields["message"].GetMapValue().GetFields()
	m := bus.Message{
		Topic: fields["topic"].GetStringValue(), Data: fields["data"].GetBytesValue(), Attributes: make(map[string]string),
	}
	for name, v := range fields["attributes"].GetMapValue().GetFields() {
		m.Attributes[name] = v.GetStringValue()
	}
	return m
}

// content returns the fields that w writes, deletes or transforms.
func content(w *firestorepb.Write) []byte {
	same := &firestorepb.Write{UpdateTransforms: w.UpdateTransforms, UpdateMask: w.UpdateMask}
	if same.UpdateMask != nil {
		same.UpdateMask = &firestorepb.DocumentMask{FieldPaths: slices.Sorted(slices.Values(w.UpdateMask.FieldPaths))}
	}
	fields := timeless(mapValue(w.GetUpdate().GetFields()))
	same.Operation = &firestorepb.Write_Update{Update: &firestorepb.Document{Fields: fields.GetMapValue().GetFields()}}
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(same)
	if err != nil {
		return []byte(err.Error()) // no such message leaves the client either
	}
	return b
}

// timeless returns v with every timestamp the same.
func timeless(v *firestorepb.Value) *firestorepb.Value {
	switch t := v.ValueType.(type) {
	case *firestorepb.Value_TimestampValue:
		return &firestorepb.Value{ValueType: &firestorepb.Value_TimestampValue{}}
	case *firestorepb.Value_MapValue:
		fields := make(map[string]*firestorepb.Value, len(t.MapValue.GetFields()))
		for name, f := range t.MapValue.GetFields() {
			fields[name] = timeless(f)
		}
		return mapValue(fields)
	case *firestorepb.Value_ArrayValue:
		list := &firestorepb.ArrayValue{}
		for _, e := range t.ArrayValue.GetValues() {
			list.Values = append(list.Values, timeless(e))
		}
		return &firestorepb.Value{ValueType: &firestorepb.Value_ArrayValue{ArrayValue: list}}
	}
	return v
}
