package query

import (
	"slices"
	"strings"
)

// Need is what an index must offer to answer one conjunction of a query in
// Firestore itself, where every query is answered from indexes.
type Need struct {
	Equal    []string // fields held to one value, by name
	Contains []string // array fields that must hold one value
	Orders   []Order  // without the document's name, if it follows the last direction
}

// Needs returns the needs of n when the fields in aggregated are summed up.
func (n *Query) Needs(aggregated []string) (needs []Need) {
	for _, leaves := range n.where.conjunctions() {
		needs = append(needs, n.need(leaves, aggregated))
	}
	return needs
}

func (n *Query) need(leaves []*filter, aggregated []string) Need {
	var need Need
	for _, f := range leaves {
		switch {
		case len(f.path) == 0:
		case f.op == equal:
			need.Equal = append(need.Equal, f.path.String())
		case f.op == contains:
			need.Contains = append(need.Contains, f.path.String())
		}
	}
	need.Equal, need.Contains = distinct(need.Equal), distinct(need.Contains)
	for _, o := range n.significantOrders() {
		if !slices.Contains(need.Equal, o.Field) {
			need.Orders = append(need.Orders, o)
		}
	}
	for _, field := range aggregated {
		if !need.covers(field) {
			need.Orders = append(need.Orders, Order{Field: field})
		}
	}
	return need
}

func (n Need) covers(field string) bool {
	return slices.Contains(n.Equal, field) ||
		slices.ContainsFunc(n.Orders, func(o Order) bool { return o.Field == field })
}

// significantOrders leaves out the name where every index ends with it anyway.
func (n *Query) significantOrders() []Order {
	last := len(n.Orders) - 1
	if last == 0 && len(n.Orders[0].Path) == 0 && !n.Orders[0].Descending {
		return nil
	}
	if last > 0 && len(n.Orders[last].Path) == 0 && n.Orders[last].Descending == n.Orders[last-1].Descending {
		return n.Orders[:last]
	}
	return n.Orders
}

func distinct(fields []string) []string {
	slices.SortFunc(fields, strings.Compare)
	return slices.Compact(fields)
}
