package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestATableTakesThePlaceOfTheOneBefore(t *testing.T) {
	a, b, c := (&report{}).markdown("A"), (&report{}).markdown("B"), (&report{}).markdown("C")
	document := place(place(place("# Figures\n\nMeasured.\n", "A", a), "B", b), "C", c)
	require.Equal(t, "# Figures\n\nMeasured.\n\n"+a+"\n"+b+"\n"+c, document)

	r := &report{}
	r.row("work", "1 ms", "2 ms", "2x", "< 2 ms", true)
	for title, others := range map[string]string{"A": "\n" + b + "\n" + c, "B": "\n" + c, "C": ""} {
		table := r.markdown(title)
		got := place(document, title, table)
		require.Contains(t, got, table+others, title)
		require.Equal(t, got, place(got, title, table), "again changes nothing")
	}
}
