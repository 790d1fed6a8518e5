package bulk_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/bulk"
)

// endless is a file of one text, over and over.
type endless struct{ text, rest []byte }

func (e *endless) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(e.rest) == 0 {
			e.rest = e.text
		}
		k := copy(p[n:], e.rest)
		n, e.rest = n+k, e.rest[k:]
	}
	return n, nil
}

// A file that is made to hurt costs what its page is long, and no memory beyond a
// line.
func TestBombsAreReadLineByLine(t *testing.T) {
	const page = 1 << 20
	for name, tt := range map[string]struct {
		text string
		rows int // of the page
		says string
	}{
		"one line of all the file":     {"x", 1, "longer than"},
		"nothing but empty lines":      {"\n", 0, ""},
		"nothing but spaces":           {" ", 1, "longer than"},
		"a quote that is never closed": {`"a,`, 1, "longer than"},
		"lists within lists":           {"[", 1, "longer than"},
		"nothing but nulls":            {"\x00", 1, "longer than"},
		"carriage returns":             {"\r", 1, "longer than"},
		"a row in each three bytes":    {"{}\n", page/3 + 1, "id is missing"},
		"objects that nest":            {strings.Repeat(`{"a":`, 3000) + "\n", page/(5*3000+1) + 1, "JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			r := bulk.Range{Start: 0, End: page}
			_, n := r.Span()
			file := &endless{text: []byte(tt.text)}
			rows := 0
			require.NoError(t, r.Lines(io.LimitReader(file, n), func(_ int64, line []byte, err error) {
				rows++
				if err == nil {
					_, err = bulk.JSON().Row(line)
				}
				require.ErrorContains(t, err, tt.says)
			}))
			require.Equal(t, tt.rows, rows)
		})
	}
}

// FuzzLines reads a file in two pages: each line is in one of them.
func FuzzLines(f *testing.F) {
	f.Add([]byte("a\nb\r\n\nc"), uint16(2))
	f.Add(bytes.Repeat([]byte("x"), bulk.MaxLine+1), uint16(7))
	f.Fuzz(func(t *testing.T, file []byte, cut uint16) {
		size := int64(len(file))
		middle := min(int64(cut), size)
		whole, at := lines(t, bulk.Range{End: size}, file)
		first, before := lines(t, bulk.Range{End: middle}, file)
		second, after := lines(t, bulk.Range{Start: middle, End: size}, file)
		require.Equal(t, whole, append(first, second...))
		require.Equal(t, at, append(before, after...))
	})
}

// FuzzCSV reads a header and a row.
func FuzzCSV(f *testing.F) {
	f.Add("id,set\n", "a,1")
	f.Add("\ufeff\"id\",x", `"a""b",`)
	f.Fuzz(func(t *testing.T, header, line string) {
		format, err := bulk.CSV(strings.NewReader(header))
		if err != nil {
			require.ErrorIs(t, err, bulk.ErrHeader)
			return
		}
		if row, err := format.Row([]byte(line)); err == nil {
			require.NotEmpty(t, row.Item)
			require.NotContains(t, row.Params, "id")
		}
	})
}
