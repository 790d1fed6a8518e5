// Package matching pairs rows with columns at the least total cost, exactly.
//
// It is the successive shortest path algorithm with potentials (Edmonds and Karp
// 1972, Tomizawa 1971) on a sparse bipartite graph, one Dijkstra search for each
// row that ends at the first free column, as in the augmentation step of Jonker
// and Volgenant (A shortest augmenting path algorithm for dense and sparse linear
// assignment problems, Computing 38, 1987). Costs are integers, so that the
// answer is the same everywhere; of equal answers the one with lower columns in
// the search is taken.
package matching

import "math"

// Row is what can be paired with at most one column.
type Row struct {
	Edges []Edge

	// Alone is what it costs to leave the row without a column.
	Alone int64
}

// Edge is a column that a row may have, and its cost.
type Edge struct {
	Column int
	Cost   int64
}

// None is the column of a row that stays alone.
const None = -1

// Solve returns the column of each row so that no column is given twice and the
// sum of the costs is as low as it can be.
func Solve(columns int, rows []Row) []int {
	s := newSolver(columns, rows)
	for row := range rows {
		s.place(row)
	}
	return s.answer()
}

// solver holds a matching of some rows that is optimal for them. Column
// columns+r is row r's own: to be paired with it is to stay alone.
type solver struct {
	columns int
	rows    []Row

	columnOf []int   // of each row
	rowOf    []int   // of each column, None if free
	price    []int64 // of each column: never more than what a row saves by it

	distance []int64 // of each column in the present search
	parent   []int   // the row from which a column was reached
	settled  []bool
	touched  []int // columns that the present search reached
	queue    queue
}

func newSolver(columns int, rows []Row) *solver {
	n := columns + len(rows)
	s := &solver{
		columns: columns, rows: rows,
		columnOf: make([]int, len(rows)), rowOf: make([]int, n), price: make([]int64, n),
		distance: make([]int64, n), parent: make([]int, n), settled: make([]bool, n),
	}
	for r := range s.columnOf {
		s.columnOf[r] = None
	}
	for c := range s.rowOf {
		s.rowOf[c], s.distance[c] = None, math.MaxInt64
	}
	return s
}

// place pairs one more row, by the cheapest chain of changes to those before.
func (s *solver) place(row int) {
	end, length := s.search(row)
	for _, c := range s.touched {
		if s.settled[c] {
			s.price[c] += s.distance[c] - length
		}
		s.distance[c], s.settled[c] = math.MaxInt64, false
	}
	s.touched, s.queue = s.touched[:0], s.queue[:0]
	for c := end; c != None; {
		r := s.parent[c]
		s.rowOf[c] = r
		c, s.columnOf[r] = s.columnOf[r], c
		if r == row {
			break
		}
	}
}

// search finds the free column that is nearest to row in reduced costs.
func (s *solver) search(row int) (end int, length int64) {
	s.reach(row, 0)
	for {
		c := s.queue.pop().column
		if s.settled[c] {
			continue
		}
		if s.rowOf[c] == None {
			return c, s.distance[c]
		}
		s.settled[c] = true
		r := s.rowOf[c]
		s.reach(r, s.distance[c]-(s.cost(r, c)-s.price[c]))
	}
}

// reach relaxes the edges of a row whose reduced costs start at base.
func (s *solver) reach(row int, base int64) {
	for _, e := range s.rows[row].Edges {
		s.relax(row, e.Column, base+e.Cost-s.price[e.Column])
	}
	own := s.columns + row
	s.relax(row, own, base+s.rows[row].Alone-s.price[own])
}

func (s *solver) relax(row, column int, distance int64) {
	if distance >= s.distance[column] {
		return
	}
	if s.distance[column] == math.MaxInt64 {
		s.touched = append(s.touched, column)
	}
	s.distance[column], s.parent[column] = distance, row
	s.queue.push(item{distance, column})
}

// cost returns what the row's pair costs; the row has the column.
func (s *solver) cost(row, column int) int64 {
	if column >= s.columns {
		return s.rows[row].Alone
	}
	least := int64(math.MaxInt64)
	for _, e := range s.rows[row].Edges {
		if e.Column == column {
			least = min(least, e.Cost)
		}
	}
	return least
}

func (s *solver) answer() []int {
	for r, c := range s.columnOf {
		if c >= s.columns {
			s.columnOf[r] = None
		}
	}
	return s.columnOf
}
