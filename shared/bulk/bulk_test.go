package bulk_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/shared/bulk"
)

func TestOperations(t *testing.T) {
	item := bulk.Item{Price: bulk.Price{Amount: 1299, Currency: "EUR"}, Stock: 3, StockKnown: true, Available: true}
	with := func(change func(*bulk.Item)) bulk.Item {
		i := item
		change(&i)
		return i
	}
	tests := map[string]struct {
		kind   string
		params bulk.Params
		want   bulk.Item
	}{
		"a price is set in minor units":        {"items.price", bulk.Params{"set": "999"}, with(func(i *bulk.Item) { i.Price.Amount = 999 })},
		"a price rises by an amount":           {"items.price", bulk.Params{"delta": "1"}, with(func(i *bulk.Item) { i.Price.Amount = 1300 })},
		"a price falls by a fraction":          {"items.price", bulk.Params{"percent": "-12.5"}, with(func(i *bulk.Item) { i.Price.Amount = 1137 })},
		"half a cent rounds up":                {"items.price", bulk.Params{"percent": "-50"}, with(func(i *bulk.Item) { i.Price.Amount = 650 })},
		"a price in the right currency is set": {"items.price", bulk.Params{"set": "5", "currency": "EUR"}, with(func(i *bulk.Item) { i.Price.Amount = 5 })},
		"a stock is set":                       {"items.stock", bulk.Params{"set": "0"}, with(func(i *bulk.Item) { i.Stock = 0 })},
		"a stock falls":                        {"items.stock", bulk.Params{"delta": "-3"}, with(func(i *bulk.Item) { i.Stock = 0 })},
		"an item is withdrawn":                 {"items.availability", bulk.Params{"available": "false"}, with(func(i *bulk.Item) { i.Available = false })},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			op, ok := bulk.Find(test.kind)
			require.True(t, ok)
			change, err := op.Change(test.params)
			require.NoError(t, err)
			got, err := change(item)
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
}

func TestAnItemThatCannotChangeIsRefused(t *testing.T) {
	tests := map[string]struct {
		kind   string
		params bulk.Params
		item   bulk.Item
		reason string
	}{
		"a price below zero":         {"items.price", bulk.Params{"delta": "-2"}, bulk.Item{Price: bulk.Price{Amount: 1}}, "negative"},
		"a price in another money":   {"items.price", bulk.Params{"set": "2", "currency": "EUR"}, bulk.Item{Price: bulk.Price{Currency: "USD"}}, "USD"},
		"a price beyond reason":      {"items.price", bulk.Params{"percent": "10000"}, bulk.Item{Price: bulk.Price{Amount: 1e12}}, "more than"},
		"a stock below zero":         {"items.stock", bulk.Params{"delta": "-2"}, bulk.Item{Stock: 1, StockKnown: true}, "negative"},
		"a change of unknown stocks": {"items.stock", bulk.Params{"delta": "2"}, bulk.Item{}, "not known"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			op, _ := bulk.Find(test.kind)
			change, err := op.Change(test.params)
			require.NoError(t, err)
			got, err := change(test.item)
			require.ErrorContains(t, err, test.reason)
			require.Equal(t, test.item, got)
		})
	}
}

func TestBadParametersAreNamed(t *testing.T) {
	tests := map[string]struct {
		kind   string
		params bulk.Params
		param  string
	}{
		"nothing to set":           {"items.price", bulk.Params{}, "set"},
		"two ways at once":         {"items.price", bulk.Params{"set": "1", "delta": "1"}, "set"},
		"a price that is no whole": {"items.price", bulk.Params{"set": "12.99"}, "set"},
		"a negative price":         {"items.price", bulk.Params{"set": "-1"}, "set"},
		"more than all of it":      {"items.price", bulk.Params{"percent": "-101"}, "percent"},
		"a percentage in words":    {"items.price", bulk.Params{"percent": "a lot"}, "percent"},
		"a hostile percentage":     {"items.price", bulk.Params{"percent": "1e99999999"}, "percent"},
		"a long currency":          {"items.price", bulk.Params{"set": "1", "currency": "EURO"}, "currency"},
		"an unknown parameter":     {"items.stock", bulk.Params{"add": "1"}, "add"},
		"neither true nor false":   {"items.availability", bulk.Params{"available": "perhaps"}, "available"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			op, _ := bulk.Find(test.kind)
			_, err := op.Change(test.params)
			var bad *bulk.ParamError
			require.ErrorAs(t, err, &bad)
			require.ErrorIs(t, err, bulk.ErrParam)
			require.Equal(t, test.param, bad.Param)
			require.NotEmpty(t, bad.Remedy)
		})
	}
}

// An operation is one value: here one that renames nothing of this package.
func TestAnOperationIsOneEntry(t *testing.T) {
	soldOut := bulk.Operation{
		Kind: "items.soldout",
		Parse: func(bulk.Params) (bulk.Change, error) {
			return func(i bulk.Item) (bulk.Item, error) {
				i.Stock, i.StockKnown, i.Available = 0, true, false
				return i, nil
			}, nil
		},
	}
	change, err := soldOut.Change(nil)
	require.NoError(t, err)
	got, err := change(bulk.Item{Stock: 9, Available: true})
	require.NoError(t, err)
	require.Equal(t, bulk.Item{StockKnown: true}, got)
}

func lines(t require.TestingT, r bulk.Range, file []byte) (found []string, offsets []int64) {
	offset, n := r.Span()
	part := file[min(offset, int64(len(file))):min(offset+n, int64(len(file)))]
	err := r.Lines(bytes.NewReader(part), func(offset int64, line []byte, err error) {
		if err != nil {
			line = []byte("too long")
		}
		found = append(found, string(line))
		offsets = append(offsets, offset)
	})
	require.NoError(t, err)
	return found, offsets
}

func TestEveryDivisionYieldsEveryLineOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var file []byte
		var want []string
		for range rapid.IntRange(0, 20).Draw(t, "lines") {
			line := strings.Repeat("x", rapid.OneOf(rapid.IntRange(0, 9), rapid.IntRange(bulk.MaxLine-3, bulk.MaxLine+3)).Draw(t, "length"))
			end := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "end")
			file = append(file, line+end...)
			switch {
			case len(line+end) > bulk.MaxLine:
				want = append(want, "too long")
			case line != "":
				want = append(want, line)
			}
		}
		if rapid.Bool().Draw(t, "unended") {
			file = append(file, "last"...)
			want = append(want, "last")
		}
		var got []string
		for at := int64(0); at < int64(len(file)); {
			end := min(at+int64(rapid.IntRange(1, 1+len(file)).Draw(t, "step")), int64(len(file)))
			found, offsets := lines(t, bulk.Range{Start: at, End: end}, file)
			for _, o := range offsets {
				require.True(t, at <= o && o < end, "line at %d found in %d-%d", o, at, end)
			}
			got = append(got, found...)
			at = end
		}
		require.Equal(t, want, got)
	})
}

func TestDivideCoversTheFile(t *testing.T) {
	for _, size := range []int64{0, 1, 16 << 10, 16<<10 + 1, 1 << 20, bulk.MaxFile} {
		ranges := bulk.Divide(size)
		require.LessOrEqual(t, len(ranges), 10_000)
		at := int64(0)
		for _, r := range ranges {
			require.Equal(t, at, r.Start)
			require.Greater(t, r.End, r.Start)
			at = r.End
		}
		require.Equal(t, size, at)
	}
}

func TestRows(t *testing.T) {
	table, err := bulk.CSV(strings.NewReader("\ufeffid, set,currency"))
	require.NoError(t, err)
	tests := map[string]struct {
		format bulk.Format
		line   string
		want   bulk.Row
		reason string
	}{
		"an object":                    {bulk.JSON(), `{"id":"a","set":1299}`, bulk.Row{Item: "a", Params: bulk.Params{"set": "1299"}}, ""},
		"an object with a number's id": {bulk.JSON(), `{"id":12345678901234567890}`, bulk.Row{Item: "12345678901234567890", Params: bulk.Params{}}, ""},
		"an object with nothing set":   {bulk.JSON(), `{"id":"a","set":null}`, bulk.Row{Item: "a", Params: bulk.Params{}}, ""},
		"an object without an id":      {bulk.JSON(), `{"set":1}`, bulk.Row{}, "id is missing"},
		"the first object of a file":   {bulk.JSON(), "\ufeff" + `{"id":"a"}`, bulk.Row{Item: "a", Params: bulk.Params{}}, ""},
		"half an object":               {bulk.JSON(), `{"id":"a"`, bulk.Row{}, "not one JSON object"},
		"two objects":                  {bulk.JSON(), `{"id":"a"}{"id":"b"}`, bulk.Row{}, "not one JSON object"},
		"a nested object":              {bulk.JSON(), `{"id":"a","set":{}}`, bulk.Row{}, "neither text"},
		"a line of CSV":                {table, `a,1299,"EUR"`, bulk.Row{Item: "a", Params: bulk.Params{"set": "1299", "currency": "EUR"}}, ""},
		"a line with an empty column":  {table, `a,1299,`, bulk.Row{Item: "a", Params: bulk.Params{"set": "1299"}}, ""},
		"a line with too few columns":  {table, `a`, bulk.Row{}, "has 1 columns"},
		"a line with an open quote":    {table, `a,"1,2`, bulk.Row{}, "not one line of CSV"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := test.format.Row([]byte(test.line))
			if test.reason != "" {
				require.ErrorContains(t, err, test.reason)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
}

func TestHeaders(t *testing.T) {
	for name, header := range map[string]string{
		"without an id":    "sku,price\na,1\n",
		"with two ids":     "id,id\n",
		"that is empty":    "",
		"of half a quote":  `id,"set`,
		"that is too long": "id," + strings.Repeat("x", bulk.MaxLine) + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := bulk.CSV(strings.NewReader(header))
			require.ErrorIs(t, err, bulk.ErrHeader)
		})
	}
	_, err := bulk.CSV(iotest.ErrReader(iotest.ErrTimeout))
	require.ErrorIs(t, err, iotest.ErrTimeout)
	require.NotErrorIs(t, err, bulk.ErrHeader, "a file that cannot be read now may be fine")
}

func FuzzRow(f *testing.F) {
	f.Add([]byte(`{"id":"a","set":1}`))
	f.Add([]byte(`a,1,EUR`))
	f.Fuzz(func(t *testing.T, line []byte) {
		table, _ := bulk.CSV(strings.NewReader("id,set,currency"))
		for _, format := range []bulk.Format{bulk.JSON(), table} {
			row, err := format.Row(line)
			if err == nil && (row.Item == "" || len(row.Item) > 500) {
				t.Fatalf("%q gave the item %q", line, row.Item)
			}
		}
	})
}
