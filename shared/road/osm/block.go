package osm

import (
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// block decodes one block of data. Its scratch is used again for each element.
type block struct {
	visitor  Visitor
	strings  []string
	groups   [][]byte
	grain    int64 // nanodegrees
	lat, lng int64 // offsets, in nanodegrees

	tags    Tags
	refs    []int64
	members []Member
}

func visitBlock(data []byte, v Visitor) error {
	b := &block{visitor: v, grain: 100}
	err := fields(data, func(n protowire.Number, value uint64, content []byte) error {
		switch n {
		case 1:
			return fields(content, func(n protowire.Number, _ uint64, s []byte) error {
				if n == 1 {
					b.strings = append(b.strings, string(s))
				}
				return nil
			})
		case 2:
			b.groups = append(b.groups, content)
		case 17:
			b.grain = int64(value)
		case 19:
			b.lat = int64(value)
		case 20:
			b.lng = int64(value)
		}
		return nil
	})
	for i := 0; i < len(b.groups) && err == nil; i++ {
		err = fields(b.groups[i], b.element)
	}
	return err
}

func (b *block) element(n protowire.Number, _ uint64, content []byte) error {
	switch {
	case n == 1 && b.visitor.Node != nil:
		return b.node(content)
	case n == 2 && b.visitor.Node != nil:
		return b.dense(content)
	case n == 3 && b.visitor.Way != nil:
		return b.way(content)
	case n == 4 && b.visitor.Relation != nil:
		return b.relation(content)
	}
	return nil
}

func (b *block) node(content []byte) error {
	var n Node
	var keys, values []byte
	var lat, lng int64
	err := fields(content, func(f protowire.Number, value uint64, c []byte) error {
		switch f {
		case 1:
			n.ID = protowire.DecodeZigZag(value)
		case 2:
			keys = c
		case 3:
			values = c
		case 8:
			lat = protowire.DecodeZigZag(value)
		case 9:
			lng = protowire.DecodeZigZag(value)
		}
		return nil
	})
	if err == nil {
		n.Tags, err = b.pairs(keys, values)
	}
	if err == nil {
		n.Lat, n.Lng, err = b.place(lat, lng)
	}
	if err != nil {
		return err
	}
	return b.visitor.Node(n)
}

// dense decodes many nodes, each given by its difference from the one before.
func (b *block) dense(content []byte) error {
	var ids, lats, lngs, tags numbers
	err := fields(content, func(f protowire.Number, _ uint64, c []byte) error {
		switch f {
		case 1:
			ids = c
		case 8:
			lats = c
		case 9:
			lngs = c
		case 10:
			tags = c
		}
		return nil
	})
	if err != nil {
		return err
	}
	var n Node
	var lat, lng int64
	for len(ids) > 0 {
		id, err1 := ids.signed()
		dLat, err2 := lats.signed()
		dLng, err3 := lngs.signed()
		if err := first(err1, err2, err3); err != nil {
			return err
		}
		n.ID, lat, lng = n.ID+id, lat+dLat, lng+dLng
		if n.Lat, n.Lng, err = b.place(lat, lng); err != nil {
			return err
		}
		if n.Tags, err = b.denseTags(&tags); err != nil {
			return err
		}
		if err := b.visitor.Node(n); err != nil {
			return err
		}
	}
	return nil
}

// denseTags reads the tags of one dense node: keys and values up to a zero.
func (b *block) denseTags(in *numbers) (Tags, error) {
	b.tags = b.tags[:0]
	for len(*in) > 0 {
		i, err := in.next()
		if err != nil {
			return nil, err
		}
		if i == 0 && len(b.tags)%2 == 0 {
			break
		}
		s, err := b.text(i)
		if err != nil {
			return nil, err
		}
		b.tags = append(b.tags, s)
	}
	return b.tags, nil
}

func (b *block) way(content []byte) error {
	var w Way
	var keys, values []byte
	var refs numbers
	err := fields(content, func(f protowire.Number, value uint64, c []byte) error {
		switch f {
		case 1:
			w.ID = int64(value)
		case 2:
			keys = c
		case 3:
			values = c
		case 8:
			refs = c
		}
		return nil
	})
	if err == nil {
		w.Tags, err = b.pairs(keys, values)
	}
	b.refs = b.refs[:0]
	var at int64
	for len(refs) > 0 && err == nil {
		var d int64
		d, err = refs.signed()
		at += d
		b.refs = append(b.refs, at)
	}
	if err != nil {
		return err
	}
	w.Refs = b.refs
	return b.visitor.Way(w)
}

func (b *block) relation(content []byte) error {
	var r Relation
	var keys, values []byte
	var roles, ids, kinds numbers
	err := fields(content, func(f protowire.Number, value uint64, c []byte) error {
		switch f {
		case 1:
			r.ID = int64(value)
		case 2:
			keys = c
		case 3:
			values = c
		case 8:
			roles = c
		case 9:
			ids = c
		case 10:
			kinds = c
		}
		return nil
	})
	if err == nil {
		r.Tags, err = b.pairs(keys, values)
	}
	if err == nil {
		r.Members, err = b.memberList(roles, ids, kinds)
	}
	if err != nil {
		return err
	}
	return b.visitor.Relation(r)
}

func (b *block) memberList(roles, ids, kinds numbers) ([]Member, error) {
	b.members = b.members[:0]
	var at int64
	for len(ids) > 0 {
		d, err1 := ids.signed()
		role, err2 := roles.next()
		kind, err3 := kinds.next()
		if err := first(err1, err2, err3); err != nil {
			return nil, err
		}
		s, err := b.text(role)
		if err != nil {
			return nil, err
		}
		at += d
		b.members = append(b.members, Member{Kind: Kind(kind & 3), ID: at, Role: s})
	}
	return b.members, nil
}

// pairs returns the tags whose keys and values are those strings.
func (b *block) pairs(keys, values numbers) (Tags, error) {
	b.tags = b.tags[:0]
	for len(keys) > 0 {
		k, err1 := keys.next()
		v, err2 := values.next()
		if err := first(err1, err2); err != nil {
			return nil, err
		}
		key, err1 := b.text(k)
		value, err2 := b.text(v)
		if err := first(err1, err2); err != nil {
			return nil, err
		}
		b.tags = append(b.tags, key, value)
	}
	return b.tags, nil
}

func (b *block) text(i uint64) (string, error) {
	if i >= uint64(len(b.strings)) {
		return "", fmt.Errorf("%w: string %d of %d", ErrFormat, i, len(b.strings))
	}
	return b.strings[i], nil
}

// place returns coordinates in 1e-7 degree.
func (b *block) place(lat, lng int64) (int32, int32, error) {
	y, x := (b.lat+b.grain*lat)/100, (b.lng+b.grain*lng)/100
	if y < -900_000_000 || y > 900_000_000 || x < -1_800_000_000 || x > 1_800_000_000 {
		return 0, 0, fmt.Errorf("%w: a node off the globe", ErrFormat)
	}
	return int32(y), int32(x), nil
}

// numbers are packed varints.
type numbers []byte

func (p *numbers) next() (uint64, error) {
	v, n := protowire.ConsumeVarint(*p)
	if n < 0 {
		return math.MaxUint64, fmt.Errorf("%w: a list that is too short", ErrFormat)
	}
	*p = (*p)[n:]
	return v, nil
}

func (p *numbers) signed() (int64, error) {
	v, err := p.next()
	return protowire.DecodeZigZag(v), err
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
