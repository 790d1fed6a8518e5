package roadfile_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/geo"
	"lastmile/shared/road"
	"lastmile/shared/road/city"
	"lastmile/shared/road/profile"
	"lastmile/shared/road/roadfile"
)

func prepare(t testing.TB, nodes int) *road.Map {
	m, err := road.Import(city.Scan(city.Options{Nodes: nodes}), profile.Car(), road.Options{})
	require.NoError(t, err)
	return m
}

func written(t testing.TB, m *road.Map) string {
	path := filepath.Join(t.TempDir(), "city.road")
	require.NoError(t, roadfile.Write(path, m))
	return path
}

func TestAMappedFileAnswersLikeTheMapInIt(t *testing.T) {
	m := prepare(t, 2000)
	f, err := roadfile.Open(written(t, m))
	require.NoError(t, err)
	require.Equal(t, m.Info, f.Map.Info)
	b := m.Bounds()
	require.Equal(t, b, f.Map.Bounds())
	var inside [2]road.Place
	for i, share := range []float64{0.3, 0.7} {
		p := geo.Point{Lat: b.South + share*(b.North-b.South), Lng: b.West + share*(b.East-b.West)}
		inside[i], err = f.Map.Snap(p, road.SnapOptions{})
		require.NoError(t, err)
	}
	want := road.NewFinder(m).Distance(inside[0], inside[1])
	require.Positive(t, want.Millis)
	require.Equal(t, want, road.NewFinder(f.Map).Distance(inside[0], inside[1]))

	changed, err := f.Map.Reweight(nil)
	require.NoError(t, err)
	require.Equal(t, want, road.NewFinder(changed).Distance(inside[0], inside[1]), "a mapped file can be reweighted")
	require.NoError(t, f.Close())
}

func TestTheSameMapIsTheSameFile(t *testing.T) {
	m := prepare(t, 500)
	a, err := os.ReadFile(written(t, m))
	require.NoError(t, err)
	b, err := os.ReadFile(written(t, prepare(t, 500)))
	require.NoError(t, err)
	require.Equal(t, a, b)
}

func TestWhatIsNoSoundFileIsRefusedByName(t *testing.T) {
	sound, err := os.ReadFile(written(t, prepare(t, 300)))
	require.NoError(t, err)
	tests := map[string]struct {
		mend func(b []byte) []byte
		want error
	}{
		"an empty file":            {func([]byte) []byte { return nil }, roadfile.ErrForeign},
		"another format":           {func(b []byte) []byte { return append([]byte("PK\x03\x04"), b...) }, roadfile.ErrForeign},
		"an older version":         {func(b []byte) []byte { b[8]--; return b }, roadfile.ErrVersion},
		"a newer version":          {func(b []byte) []byte { b[8]++; return b }, roadfile.ErrVersion},
		"another byte order":       {func(b []byte) []byte { b[28], b[31] = b[31], b[28]; return b }, roadfile.ErrVersion},
		"a file that is cut off":   {func(b []byte) []byte { return b[:len(b)/2] }, roadfile.ErrTruncated},
		"one more byte":            {func(b []byte) []byte { return append(b, 0) }, roadfile.ErrChanged},
		"a flipped bit":            {func(b []byte) []byte { b[len(b)/2] ^= 4; return b }, roadfile.ErrChanged},
		"a flipped bit of the sum": {func(b []byte) []byte { b[24] ^= 4; return b }, roadfile.ErrChanged},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "city.road")
			require.NoError(t, os.WriteFile(path, test.mend(bytes.Clone(sound)), 0o600))
			_, err := roadfile.Open(path)
			require.ErrorIs(t, err, test.want)
			require.ErrorContains(t, err, path)
		})
	}
	_, err = roadfile.Open(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestAFailedWriteLeavesNothing(t *testing.T) {
	m, dir := prepare(t, 300), t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "taken"), 0o700))
	require.Error(t, roadfile.Write(filepath.Join(dir, "taken"), m))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1)
}

func TestAMapWithTrafficIsNotWritten(t *testing.T) {
	m := prepare(t, 300)
	n := section[int64](t, m, "node")
	jammed, err := m.Reweight([]road.Change{{From: n[0], To: n[1], KMH: 5}})
	require.NoError(t, err)
	require.ErrorIs(t, roadfile.Write(filepath.Join(t.TempDir(), "city.road"), jammed), roadfile.ErrReweighted)
}

// section returns one array of a map.
func section[T any](t testing.TB, m *road.Map, name string) []T {
	for _, s := range m.Sections() {
		if s.Name == name {
			return *s.Data.(*[]T)
		}
	}
	require.Fail(t, "no section "+name)
	return nil
}

// A table that was changed together with its checksum must not reach outside of
// the file, or lay arrays that do not fit together.
func FuzzOpen(f *testing.F) {
	sound, err := os.ReadFile(written(f, prepare(f, 60)))
	require.NoError(f, err)
	size := binary.LittleEndian.Uint32(sound[12:])
	f.Add(sound[40 : 40+size])
	f.Fuzz(func(t *testing.T, table []byte) {
		if len(table) > 8000 {
			return
		}
		b := bytes.Clone(sound)
		copy(b[40:], make([]byte, 8000))
		copy(b[40:], table)
		binary.LittleEndian.PutUint32(b[12:], uint32(len(table)))
		binary.LittleEndian.PutUint32(b[24:], crc32.Checksum(b[40:], crc32.MakeTable(crc32.Castagnoli)))
		path := filepath.Join(t.TempDir(), "city.road")
		require.NoError(t, os.WriteFile(path, b, 0o600))
		if file, err := roadfile.Open(path); err == nil {
			require.NoError(t, file.Map.Check())
			require.NoError(t, file.Close())
		}
	})
}
