package query

import (
	"slices"
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lastmile/emulators/firestore/internal/value"
)

// Order is one sort criterion. An empty Path is the document's name.
type Order struct {
	Path       value.Path
	Field      string // Path in text
	Descending bool
}

// orders spells out the implied sort criteria: fields with inequalities by
// name, then the document's name, in the direction of the last given one.
func (p parser) orders(given []*pb.StructuredQuery_Order, where *filter) ([]Order, error) {
	var orders []Order
	for _, o := range given {
		path, err := p.path(o.GetField().GetFieldPath())
		if err != nil {
			return nil, err
		}
		orders = append(orders, Order{path, path.String(), o.Direction == pb.StructuredQuery_DESCENDING})
	}
	if err := checkOrders(orders); err != nil {
		return nil, err
	}
	last := len(orders) > 0 && orders[len(orders)-1].Descending
	implied := where.inequalities()
	slices.SortFunc(implied, func(a, b value.Path) int { return strings.Compare(a.String(), b.String()) })
	for _, path := range append(implied, nil) {
		if !slices.ContainsFunc(orders, func(o Order) bool { return slices.Equal(o.Path, path) }) {
			orders = append(orders, Order{path, path.String(), last})
		}
	}
	return upToName(orders), nil
}

// upToName drops what follows the document's name: names are unique.
func upToName(orders []Order) []Order {
	i := slices.IndexFunc(orders, func(o Order) bool { return len(o.Path) == 0 })
	return orders[:i+1]
}

// checkOrders refuses orders that Firestore does not take.
func checkOrders(orders []Order) error {
	for i, o := range orders {
		if slices.ContainsFunc(orders[:i], func(p Order) bool { return p.Field == o.Field }) {
			return status.Errorf(codes.InvalidArgument, "order by clause cannot contain duplicate fields %s", o.Field)
		}
		if len(o.Path) == 0 && i < len(orders)-1 {
			return status.Error(codes.InvalidArgument, "order by clause cannot contain more fields after the key")
		}
	}
	return nil
}
