package schema_test

import (
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lastmile/emulators/firestore/internal/query"
	"lastmile/emulators/firestore/internal/schema"
	"lastmile/emulators/firestore/internal/value/valuetest"
)

const declared = `{
	"indexes": [
		{"collectionGroup": "items", "queryScope": "COLLECTION", "fields": [
			{"fieldPath": "shop", "order": "ASCENDING"}, {"fieldPath": "price", "order": "DESCENDING"}]},
		{"collectionGroup": "items", "fields": [
			{"fieldPath": "zone"}, {"fieldPath": "price", "order": "DESCENDING"}, {"fieldPath": "__name__", "order": "DESCENDING"}]},
		{"collectionGroup": "items", "fields": [
			{"fieldPath": "tags", "arrayConfig": "CONTAINS"}, {"fieldPath": "price", "order": "ASCENDING"}]},
		{"collectionGroup": "items", "queryScope": "COLLECTION_GROUP", "fields": [
			{"fieldPath": "shop", "order": "ASCENDING"}, {"fieldPath": "price", "order": "ASCENDING"}]}
	],
	"fieldOverrides": [
		{"collectionGroup": "items", "fieldPath": "expires", "ttl": true, "indexes": []},
		{"collectionGroup": "items", "fieldPath": "sku", "indexes": [
			{"order": "ASCENDING", "queryScope": "COLLECTION"}, {"order": "ASCENDING", "queryScope": "COLLECTION_GROUP"}]}
	]
}`

// asked is a query in the making.
type asked struct {
	group      bool
	filters    []*pb.StructuredQuery_Filter
	orders     []*pb.StructuredQuery_Order
	aggregated []string
}

func (a asked) where(field string, op pb.StructuredQuery_FieldFilter_Operator) asked {
	a.filters = append(a.filters, &pb.StructuredQuery_Filter{FilterType: &pb.StructuredQuery_Filter_FieldFilter{
		FieldFilter: &pb.StructuredQuery_FieldFilter{Field: &pb.StructuredQuery_FieldReference{FieldPath: field}, Op: op, Value: valuetest.Int(1)}}})
	return a
}

func (a asked) is(field string) asked { return a.where(field, pb.StructuredQuery_FieldFilter_EQUAL) }
func (a asked) above(field string) asked {
	return a.where(field, pb.StructuredQuery_FieldFilter_GREATER_THAN)
}
func (a asked) has(field string) asked {
	return a.where(field, pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS)
}

func (a asked) by(field string, direction pb.StructuredQuery_Direction) asked {
	a.orders = append(a.orders, &pb.StructuredQuery_Order{Field: &pb.StructuredQuery_FieldReference{FieldPath: field}, Direction: direction})
	return a
}

func (a asked) anywhere() asked           { a.group = true; return a }
func (a asked) summing(f ...string) asked { a.aggregated = f; return a }

func (a asked) query(t *testing.T) *query.Query {
	sq := &pb.StructuredQuery{From: []*pb.StructuredQuery_CollectionSelector{{CollectionId: "items", AllDescendants: a.group}}, OrderBy: a.orders}
	if len(a.filters) > 0 {
		sq.Where = &pb.StructuredQuery_Filter{FilterType: &pb.StructuredQuery_Filter_CompositeFilter{
			CompositeFilter: &pb.StructuredQuery_CompositeFilter{Op: pb.StructuredQuery_CompositeFilter_AND, Filters: a.filters}}}
	}
	q, err := query.New("projects/p/databases/d/documents", sq)
	require.NoError(t, err)
	return q
}

const (
	up   = pb.StructuredQuery_ASCENDING
	down = pb.StructuredQuery_DESCENDING
)

func TestCheck(t *testing.T) {
	s, err := schema.Parse([]byte(declared))
	require.NoError(t, err)
	var q asked
	cases := map[string]struct {
		asked   asked
		missing string // "" passes
	}{
		"everything":                               {q, ""},
		"one equality":                             {q.is("any"), ""},
		"several equalities merge":                 {q.is("any").is("other").has("list"), ""},
		"a range of one field":                     {q.above("any"), ""},
		"order by one field, downwards":            {q.by("any", down), ""},
		"equality on the field of the order":       {q.is("any").by("any", up), ""},
		"a declared composite":                     {q.is("shop").by("price", down), ""},
		"a range that is sorted by":                {q.is("shop").above("price").by("price", down), ""},
		"two composites with one order merge":      {q.is("shop").is("zone").by("price", down), ""},
		"array contains with an order":             {q.has("tags").by("price", up), ""},
		"a declared composite of a group":          {q.anywhere().is("shop").by("price", up), ""},
		"a field declared for groups":              {q.anywhere().is("sku"), ""},
		"a sum over a declared composite":          {q.anywhere().is("shop").summing("price"), ""},
		"an undeclared composite":                  {q.is("kind").by("price", up), `{"collectionGroup":"items","queryScope":"COLLECTION","fields":[{"fieldPath":"kind","order":"ASCENDING"},{"fieldPath":"price","order":"ASCENDING"}]}`},
		"the direction that is not declared":       {q.is("shop").by("price", up), `{"collectionGroup":"items","queryScope":"COLLECTION","fields":[{"fieldPath":"shop","order":"ASCENDING"},{"fieldPath":"price","order":"ASCENDING"}]}`},
		"a range, which sorts upwards":             {q.is("shop").above("price"), `{"collectionGroup":"items","queryScope":"COLLECTION","fields":[{"fieldPath":"shop","order":"ASCENDING"},{"fieldPath":"price","order":"ASCENDING"}]}`},
		"one equality too many":                    {q.is("kind").is("shop").by("price", up), `{"collectionGroup":"items","queryScope":"COLLECTION","fields":[{"fieldPath":"kind","order":"ASCENDING"},{"fieldPath":"shop","order":"ASCENDING"},{"fieldPath":"price","order":"ASCENDING"}]}`},
		"two orders":                               {q.by("price", up).by("kind", down), `{"collectionGroup":"items","queryScope":"COLLECTION","fields":[{"fieldPath":"price","order":"ASCENDING"},{"fieldPath":"kind","order":"DESCENDING"}]}`},
		"ranges of two fields":                     {q.above("price").above("kind"), `{"collectionGroup":"items","queryScope":"COLLECTION","fields":[{"fieldPath":"kind","order":"ASCENDING"},{"fieldPath":"price","order":"ASCENDING"}]}`},
		"a name against the order":                 {q.by("any", up).by("__name__", down), `{"collectionGroup":"items","queryScope":"COLLECTION","fields":[{"fieldPath":"any","order":"ASCENDING"},{"fieldPath":"__name__","order":"DESCENDING"}]}`},
		"names downwards":                          {q.by("__name__", down), `{"collectionGroup":"items","queryScope":"COLLECTION","fields":[{"fieldPath":"__name__","order":"DESCENDING"}]}`},
		"array contains with an undeclared order":  {q.has("list").by("price", up), `{"collectionGroup":"items","queryScope":"COLLECTION","fields":[{"fieldPath":"list","arrayConfig":"CONTAINS"},{"fieldPath":"price","order":"ASCENDING"}]}`},
		"a composite of the wrong scope":           {q.anywhere().is("zone").by("price", down), `{"collectionGroup":"items","queryScope":"COLLECTION_GROUP","fields":[{"fieldPath":"zone","order":"ASCENDING"},{"fieldPath":"price","order":"DESCENDING"}]}`},
		"a group by a field not declared for it":   {q.anywhere().is("any"), `{"fieldOverrides":[{"collectionGroup":"items","fieldPath":"any","indexes":[{"queryScope":"COLLECTION_GROUP","order":"ASCENDING"}]}]}`},
		"a field exempt from indexes":              {q.above("expires"), `{"fieldOverrides":[{"collectionGroup":"items","fieldPath":"expires","indexes":[{"queryScope":"COLLECTION","order":"ASCENDING"}]}]}`},
		"a direction that the field does not have": {q.by("sku", down), `{"fieldOverrides":[{"collectionGroup":"items","fieldPath":"sku","indexes":[{"queryScope":"COLLECTION","order":"DESCENDING"}]}]}`},
		"a sum over an undeclared composite":       {q.is("kind").summing("price"), `{"collectionGroup":"items","queryScope":"COLLECTION","fields":[{"fieldPath":"kind","order":"ASCENDING"},{"fieldPath":"price","order":"ASCENDING"}]}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := s.Check(c.asked.query(t), c.asked.aggregated)
			if c.missing == "" {
				require.NoError(t, err)
				return
			}
			require.Equal(t, codes.FailedPrecondition, status.Code(err))
			require.Equal(t, "The query requires an index. Declare it in firestore.indexes.json: "+c.missing, status.Convert(err).Message())
		})
	}
}

func TestTheIndexInTheRefusalIsTheOneThatHelps(t *testing.T) {
	s, err := schema.Parse([]byte(`{"indexes": [{"collectionGroup": "items", "queryScope": "COLLECTION", "fields": [
		{"fieldPath": "kind", "order": "ASCENDING"}, {"fieldPath": "shop", "order": "ASCENDING"}, {"fieldPath": "price", "order": "ASCENDING"}]}]}`))
	require.NoError(t, err)
	require.NoError(t, s.Check(asked{}.is("kind").is("shop").by("price", up).query(t), nil))
}

func TestUnused(t *testing.T) {
	const (
		shop  = "items (shop ASCENDING, price DESCENDING)"
		zone  = "items (zone ASCENDING, price DESCENDING)"
		tags  = "items (tags CONTAINS, price ASCENDING)"
		group = "items (shop ASCENDING, price ASCENDING)"
	)
	var q asked
	for name, c := range map[string]struct {
		asked  asked
		unused []string
	}{
		"what single fields answer uses none":   {q.is("any").has("list"), []string{shop, zone, tags, group}},
		"a query uses the one that it needs":    {q.is("shop").by("price", down), []string{zone, tags, group}},
		"a merge uses all that it merges":       {q.is("shop").is("zone").by("price", down), []string{tags, group}},
		"one of a group":                        {q.anywhere().is("shop").by("price", up), []string{shop, zone, tags}},
		"a refused query uses none":             {q.is("shop").is("kind").by("price", down), []string{shop, zone, tags, group}},
		"a query of an exempt field uses none":  {q.above("expires"), []string{shop, zone, tags, group}},
		"a sum uses the one that has its field": {q.anywhere().is("shop").summing("price"), []string{shop, zone, tags}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := schema.Parse([]byte(declared))
			require.NoError(t, err)
			_ = s.Check(c.asked.query(t), c.asked.aggregated)
			require.Equal(t, c.unused, s.Unused())
		})
	}
}

func TestTheLongestIndexIsTheOneThatIsUsed(t *testing.T) {
	s, err := schema.Parse([]byte(`{"indexes": [
		{"collectionGroup": "items", "fields": [{"fieldPath": "kind"}, {"fieldPath": "price"}]},
		{"collectionGroup": "items", "fields": [{"fieldPath": "shop"}, {"fieldPath": "price"}]},
		{"collectionGroup": "items", "fields": [{"fieldPath": "kind"}, {"fieldPath": "shop"}, {"fieldPath": "price"}]}]}`))
	require.NoError(t, err)
	require.NoError(t, s.Check(asked{}.is("kind").is("shop").by("price", up).query(t), nil))
	require.Equal(t, []string{"items (kind ASCENDING, price ASCENDING)", "items (shop ASCENDING, price ASCENDING)"}, s.Unused())
}

func TestNoSchemaRefusesNothing(t *testing.T) {
	var s *schema.Schema
	require.NoError(t, s.Check(asked{}.is("kind").by("price", up).query(t), nil))
	expiries, err := s.Expiries()
	require.NoError(t, err)
	require.Empty(t, expiries)
}

func TestExpiries(t *testing.T) {
	s, err := schema.Parse([]byte(declared))
	require.NoError(t, err)
	expiries, err := s.Expiries()
	require.NoError(t, err)
	require.Len(t, expiries, 1)
	require.Equal(t, "items", expiries[0].Group)
	require.Equal(t, "expires", expiries[0].Path.String())
}

func TestParseNamesWhatIsWrong(t *testing.T) {
	for text, part := range map[string]string{
		`{`: "unexpected end",
		`{"indexes": [{"fields": [{"fieldPath": "a"}]}]}`:                                             "indexes[0]: collectionGroup must be given",
		`{"indexes": [{"collectionGroup": "a"}]}`:                                                     "indexes[0]: fields must not be empty",
		`{"indexes": [{"collectionGroup": "a", "fields": [{"order": "ASCENDING"}]}]}`:                 "fields[0]: fieldPath must be given",
		`{"indexes": [{"collectionGroup": "a", "fields": [{"fieldPath": "b", "order": "UPWARDS"}]}]}`: "fields[0]: order must be",
		`{"fieldOverrides": [{"collectionGroup": "a"}]}`:                                              "fieldOverrides[0]: collectionGroup and fieldPath must be given",
	} {
		_, err := schema.Parse([]byte(text))
		require.ErrorContains(t, err, part, text)
	}
}
