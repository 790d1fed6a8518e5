package value_test

import (
	"strings"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/emulators/firestore/internal/value"
	"lastmile/emulators/firestore/internal/value/valuetest"
)

func TestParsePath(t *testing.T) {
	for text, want := range map[string]value.Path{
		"a":               {"a"},
		"a.b_1.c":         {"a", "b_1", "c"},
		"`a.b`.c":         {"a.b", "c"},
		"a.`b`":           {"a", "b"},
		"`back\\`tick`":   {"back`tick"},
		"`back\\\\slash`": {"back\\slash"},
		"`größe`":         {"größe"},
	} {
		got, err := value.ParsePath(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
}

func TestBadPathsAreRefused(t *testing.T) {
	for _, text := range []string{
		"", ".", "a.", ".a", "a..b", "1a", "a-b", "größe", "`open", "`a`b", "``", "`a\\", "a.__x__", strings.Repeat("a", 1501),
	} {
		_, err := value.ParsePath(text)
		require.Error(t, err, text)
	}
}

func TestAPathInTextIsThatPath(t *testing.T) {
	segment := rapid.StringN(1, 5, 20).Filter(func(s string) bool { return !strings.HasPrefix(s, "__") })
	rapid.Check(t, func(t *rapid.T) {
		want := value.Path(rapid.SliceOfN(segment, 1, 4).Draw(t, "path"))
		got, err := value.ParsePath(want.String())
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

func FuzzParsePath(f *testing.F) {
	f.Add("a.`b\\`.c`")
	f.Fuzz(func(t *testing.T, text string) {
		path, err := value.ParsePath(text)
		if err != nil {
			return
		}
		again, err := value.ParsePath(path.String())
		require.NoError(t, err)
		require.Equal(t, path, again)
	})
}

func TestAnEditorLeavesItsOriginalAlone(t *testing.T) {
	original := map[string]*pb.Value{
		"n": valuetest.Int(1),
		"m": valuetest.Map(map[string]*pb.Value{"x": valuetest.Int(1), "deep": valuetest.Map(map[string]*pb.Value{"y": valuetest.Int(1)})}),
	}
	before := valuetest.Map(original).String()
	e := value.NewEditor(original)
	e.Set(value.Path{"m", "x"}, valuetest.Int(2))
	e.Set(value.Path{"m", "deep", "z"}, valuetest.Int(3))
	e.Set(value.Path{"n", "was a number"}, valuetest.Int(4))
	e.Delete(value.Path{"m", "deep", "y"})
	e.Delete(value.Path{"missing", "field"})
	require.Equal(t, before, valuetest.Map(original).String())
	require.True(t, value.Identical(e.Fields(), map[string]*pb.Value{
		"n": valuetest.Map(map[string]*pb.Value{"was a number": valuetest.Int(4)}),
		"m": valuetest.Map(map[string]*pb.Value{"x": valuetest.Int(2), "deep": valuetest.Map(map[string]*pb.Value{"z": valuetest.Int(3)})}),
	}))
}

func TestIdenticalTellsIntegersFromDoubles(t *testing.T) {
	of := func(v *pb.Value) map[string]*pb.Value {
		return map[string]*pb.Value{"a": valuetest.Array(valuetest.Text("x"), v)}
	}
	require.True(t, value.Identical(of(valuetest.Int(1)), of(valuetest.Int(1))))
	require.False(t, value.Identical(of(valuetest.Int(1)), of(valuetest.Double(1))))
	require.False(t, value.Identical(of(valuetest.Int(1)), map[string]*pb.Value{}))
}

func TestDocumentSizeIsAsDocumented(t *testing.T) {
	// The example of the documentation: 147 bytes with its name in tasks.
	size := value.DocumentSize("projects/p/databases/d/documents/users/jeff/tasks/my_task_id", map[string]*pb.Value{
		"type": valuetest.Text("Personal"), "done": valuetest.Bool(false), "priority": valuetest.Int(1), "description": valuetest.Text("Learn Cloud Firestore"),
	})
	require.Equal(t, 147, size)
}
