package conformance_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

var firestoreQueryCases = []firestoreCase{
	{name: "equality and order", run: func(t *testing.T, db *firestoreDB) {
		db.set(t, map[string]fields{"a/1": {"k": "x", "n": 3}, "a/2": {"k": "x", "n": 1}, "a/3": {"k": "y", "n": 2}})
		require.Equal(t, []string{"2", "1"}, ids(t, db.Collection("a").Where("k", "==", "x").OrderBy("n", 1)))
	}},
}
