package catalog_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/catalog"
)

func parse(s catalog.Settings, body string) (catalog.Page, error) {
	return catalog.ParsePage(s, http.Header{"X-Total": {"42"}}.Get, []byte(body))
}

func TestAnItemIsReadWhole(t *testing.T) {
	s := shop(func(s *catalog.Settings) {
		s.Fields = catalog.Fields{
			Items: "result.products", ID: "sku", Name: "title.en", Description: "text", Stock: "inventory.0.quantity",
			Price:        catalog.Price{Path: "price.value", CurrencyPath: "price.currency", Format: catalog.DecimalNumber},
			Availability: catalog.Availability{Path: "status", Truthy: []string{"On Sale"}},
			Category:     "categories.#.name", Image: "images.0.src",
			Updated: catalog.Updated{Path: "changed", Format: catalog.Unix},
		}
	})
	page, err := parse(s, `{"result":{"products":[{
		"sku": 1234567890123456789, "title": {"en": "  Green\t tea\n"}, "text": "Tea,\u0000 green.", "inventory": [{"quantity": "7.0"}],
		"price": {"value": 1.15, "currency": "usd"}, "status": "on sale", "categories": [{"name":"Drinks"},{"name":"Tea"}],
		"images": [{"src":"https://img/1.png"}], "changed": 1767225600, "ignored": [1,2,{}]}]}}`)
	require.NoError(t, err)
	require.Empty(t, page.Bad)
	require.Equal(t, []catalog.Item{{
		ID: "1234567890123456789", Name: "Green tea", Description: "Tea, green.", Category: "Drinks / Tea", Image: "https://img/1.png",
		Price: catalog.Money{Amount: 115, Currency: "USD"}, Stock: 7, StockKnown: true, Available: true,
		UpdatedAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}}, page.Items)
}

func TestABadItemIsReportedAndTheRestIsRead(t *testing.T) {
	good := `{"id":"good","name":"Tea","price":"1.50","stock":3}`
	for name, c := range map[string]struct {
		item, id, field, problem string
	}{
		"not an object":           {`"tea"`, "", "item", "object"},
		"no id":                   {`{"name":"Tea","price":"1"}`, "", "id", "empty"},
		"an id of the wrong type": {`{"id":{"a":1},"name":"Tea","price":"1"}`, "", "id", "neither text"},
		"a broken number as id":   {`{"id":1.5,"name":"Tea","price":"1"}`, "", "id", "neither text"},
		"an endless id":           {`{"id":"` + strings.Repeat("x", 600) + `","name":"Tea","price":"1"}`, "", "id", "bytes"},
		"no name":                 {`{"id":"x","name":" \n ","price":"1"}`, "x", "name", "empty"},
		"an endless name":         {`{"id":"x","name":"` + strings.Repeat("x", 2000) + `","price":"1"}`, "x", "name", "bytes"},
		"no price":                {`{"id":"x","name":"Tea"}`, "x", "price", "missing"},
		"no price but null":       {`{"id":"x","name":"Tea","price":null}`, "x", "price", "missing"},
		"a price of words":        {`{"id":"x","name":"Tea","price":"free"}`, "x", "price", "not a decimal"},
		"a price of truth":        {`{"id":"x","name":"Tea","price":true}`, "x", "price", "not a number"},
		"a price too fine":        {`{"id":"x","name":"Tea","price":"1.005"}`, "x", "price", "more digits"},
		"a price below zero":      {`{"id":"x","name":"Tea","price":"-1"}`, "x", "price", "negative"},
		"half in stock":           {`{"id":"x","name":"Tea","price":"1","stock":0.5}`, "x", "stock", "more digits"},
		"a list in stock":         {`{"id":"x","name":"Tea","price":"1","stock":[1]}`, "x", "stock", "not a number"},
		"a time of words":         {`{"id":"x","name":"Tea","price":"1","at":"yesterday"}`, "x", "updated", "not a time"},
	} {
		t.Run(name, func(t *testing.T) {
			s := shop(func(s *catalog.Settings) { s.Fields.Updated.Path = "at" })
			page, err := parse(s, `{"list":[`+c.item+`,`+good+`]}`)
			require.NoError(t, err)
			require.Len(t, page.Items, 1)
			require.Equal(t, "good", page.Items[0].ID)
			require.Equal(t, 2, page.Listed)
			require.Len(t, page.Bad, 1)
			bad := page.Bad[0]
			require.Equal(t, []any{0, c.id, c.field}, []any{bad.Index, bad.ID, bad.Field})
			require.Contains(t, bad.Problem, c.problem)
			if c.id == "" {
				require.Equal(t, []string{"good"}, page.Seen())
				require.Equal(t, 1, page.Nameless())
			} else {
				require.Equal(t, []string{"good", "x"}, page.Seen(), "a bad item with a name has not vanished")
				require.Zero(t, page.Nameless())
			}
		})
	}
}

func TestAPageThatCannotBeRead(t *testing.T) {
	full := strings.Repeat(`{"id":"x","name":"n","price":"1"},`, 24) + `{"id":"y","name":"n","price":"1"}`
	for name, c := range map[string]struct {
		edit func(*catalog.Settings)
		body string
		want error
		says string
	}{
		"nothing":                   {nil, ``, catalog.ErrGarbled, "0 bytes"},
		"a page cut off":            {nil, `{"list":[{"id":"x","name":"Te`, catalog.ErrGarbled, ""},
		"a web page":                {nil, `<html>Please sign in</html>`, catalog.ErrGarbled, ""},
		"a nest too deep":           {nil, strings.Repeat("[", 1<<20), catalog.ErrGarbled, ""},
		"a deep nest that ends":     {nil, strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20), catalog.ErrGarbled, ""},
		"no list":                   {nil, `{"error":"quota"}`, catalog.ErrMismatch, `fields.items: no list at "list"`},
		"far too many items":        {nil, `{"list":[0` + strings.Repeat(",0", 10_000) + `]}`, catalog.ErrMismatch, "paging.sizeParam"},
		"an object for the list":    {nil, `{"list":{}}`, catalog.ErrMismatch, "fields.items"},
		"no total":                  {func(s *catalog.Settings) { s.Paging.TotalPath = "meta.total" }, `{"list":[]}`, catalog.ErrMismatch, "paging.totalPath"},
		"a total of words":          {func(s *catalog.Settings) { s.Paging.TotalPath = "total" }, `{"list":[],"total":"many"}`, catalog.ErrMismatch, "many"},
		"a total below zero":        {func(s *catalog.Settings) { s.Paging.TotalPath = "total" }, `{"list":[],"total":-1}`, catalog.ErrMismatch, "paging.totalPath"},
		"no header":                 {func(s *catalog.Settings) { s.Paging.TotalHeader = "X-Absent" }, `{"list":[]}`, catalog.ErrMismatch, "paging.totalHeader"},
		"a cursor of parts":         {func(s *catalog.Settings) { s.Paging = catalog.Paging{Style: catalog.ByCursor, CursorPath: "next"} }, `{"list":[],"next":{}}`, catalog.ErrMismatch, "paging.cursorPath"},
		"an endless cursor":         {func(s *catalog.Settings) { s.Paging = catalog.Paging{Style: catalog.ByCursor, CursorPath: "next"} }, `{"list":[],"next":"` + strings.Repeat("x", 5000) + `"}`, catalog.ErrMismatch, "5000 bytes"},
		"a window that was cut off": {func(s *catalog.Settings) { s.Paging = window(time.Unix(0, 0)); s.Paging.SizeParam = "limit" }, `{"list":[` + full + `]}`, catalog.ErrMismatch, "stepSeconds"},
	} {
		t.Run(name, func(t *testing.T) {
			edit := c.edit
			if edit == nil {
				edit = func(*catalog.Settings) {}
			}
			page, err := parse(shop(edit), c.body)
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, c.says)
			require.Zero(t, page)
		})
	}
}

func TestAPageTellsOfTheOthers(t *testing.T) {
	cursor := func(s *catalog.Settings) { s.Paging = catalog.Paging{Style: catalog.ByCursor, CursorPath: "next"} }
	for name, c := range map[string]struct {
		edit  func(*catalog.Settings)
		body  string
		total int
		known bool
		next  string
	}{
		"a total in the body":          {func(s *catalog.Settings) { s.Paging.TotalPath = "total" }, `{"list":[],"total":11125}`, 11125, true, ""},
		"a total as text":              {func(s *catalog.Settings) { s.Paging.TotalPath = "total" }, `{"list":[],"total":" 7 "}`, 7, true, ""},
		"a total in a header":          {func(s *catalog.Settings) { s.Paging.TotalHeader = "X-Total" }, `{"list":[]}`, 42, true, ""},
		"a total nobody asked for":     {func(*catalog.Settings) {}, `{"list":[],"total":1}`, 0, false, ""},
		"a cursor":                     {cursor, `{"list":[],"next":"abc"}`, 0, false, "abc"},
		"a number as cursor":           {cursor, `{"list":[],"next":1234567890123456789}`, 0, false, "1234567890123456789"},
		"no cursor":                    {cursor, `{"list":[]}`, 0, false, ""},
		"a cursor of null":             {cursor, `{"list":[],"next":null}`, 0, false, ""},
		"a cursor of false":            {cursor, `{"list":[],"next":false}`, 0, false, ""},
		"a link gives only its cursor": {cursor, `{"list":[],"next":"http://169.254.169.254/latest?cursor=a%20b&limit=9"}`, 0, false, "a b"},
	} {
		t.Run(name, func(t *testing.T) {
			page, err := parse(shop(c.edit), c.body)
			require.NoError(t, err)
			require.Equal(t, []any{c.total, c.known, c.next}, []any{page.Total, page.TotalKnown, page.Next})
		})
	}
}

func TestOfAnIDListedTwiceTheLaterCounts(t *testing.T) {
	page, err := parse(shop(), `{"list":[{"id":7,"name":"Old","price":"1"},{"id":"8","name":"B","price":"1"},{"id":"7","name":"New","price":"2"}]}`)
	require.NoError(t, err)
	require.Equal(t, []any{3, 1, 2}, []any{page.Listed, page.Duplicates, len(page.Items)})
	require.Equal(t, "New", page.Items[0].Name)
}

func TestAvailability(t *testing.T) {
	mapped := func(s *catalog.Settings) { s.Fields.Availability.Path = "sold" }
	for name, c := range map[string]struct {
		edit func(*catalog.Settings)
		item string
		want bool
	}{
		"unknown stock is available":     {func(*catalog.Settings) {}, ``, true},
		"some stock is available":        {func(*catalog.Settings) {}, `,"stock":"2"`, true},
		"no stock is not":                {func(*catalog.Settings) {}, `,"stock":0`, false},
		"null stock is unknown":          {func(*catalog.Settings) {}, `,"stock":null`, true},
		"what the provider says wins":    {mapped, `,"stock":0,"sold":"InStock"`, true},
		"a truth is truthy":              {mapped, `,"sold":true`, true},
		"a one is truthy":                {mapped, `,"sold":1`, true},
		"an unknown word is not":         {mapped, `,"stock":9,"sold":"outofstock"`, false},
		"null is not":                    {mapped, `,"stock":9,"sold":null`, false},
		"silence leaves it to the stock": {mapped, `,"stock":0`, false},
	} {
		t.Run(name, func(t *testing.T) {
			page, err := parse(shop(c.edit), `{"list":[{"id":1,"name":"n","price":"1"`+c.item+`}]}`)
			require.NoError(t, err)
			require.Len(t, page.Items, 1)
			require.Equal(t, c.want, page.Items[0].Available)
		})
	}
}

func TestTimesOfUpdates(t *testing.T) {
	want := time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC)
	for format, text := range map[catalog.TimeFormat]string{
		catalog.RFC3339: `"2026-05-01T12:00:00+02:00"`, catalog.DateTime: `"2026-05-01T10:00:00"`,
		catalog.Unix: fmt.Sprint(want.Unix()), catalog.UnixMillis: fmt.Sprint(want.UnixMilli()),
	} {
		t.Run(string(format), func(t *testing.T) {
			s := shop(func(s *catalog.Settings) { s.Fields.Updated = catalog.Updated{Path: "at", Format: format} })
			page, err := parse(s, `{"list":[{"id":1,"name":"n","price":"1","at":`+text+`}]}`)
			require.NoError(t, err)
			require.Equal(t, want, page.Items[0].UpdatedAt)
		})
	}
}

func FuzzParsePage(f *testing.F) {
	f.Add([]byte(`{"list":[{"id":1,"name":"Tea","price":"1.50","stock":3}],"total":1,"next":"a"}`))
	f.Add([]byte(`{"list":[{"id":"\u0000/..","name":"\ud800","price":1e3},{"id":[]},null]}`))
	f.Add([]byte(`{"list":[{"id":"a","name":"b","price":-0}],"next":"?cursor=x"}`))
	f.Add([]byte("{\"list\":[{\"id\":\"\xff\",\"name\":\"\x7f\",\"price\":\"9e-99\"}]}"))
	s := shop(func(s *catalog.Settings) { s.Paging = catalog.Paging{Style: catalog.ByCursor, CursorPath: "next"} })
	f.Fuzz(func(t *testing.T, body []byte) {
		page, err := catalog.ParsePage(s, http.Header{}.Get, body)
		if err != nil {
			require.Zero(t, page)
			return
		}
		require.Equal(t, page.Listed, len(page.Items)+len(page.Bad)+page.Duplicates)
		ids := map[string]bool{}
		for _, i := range page.Items {
			require.Equal(t, i, i.Normalise(), "what is read is normal")
			require.NotEmpty(t, i.ID)
			require.GreaterOrEqual(t, i.Price.Amount, int64(0))
			require.False(t, ids[catalog.DocID(i.ID)])
			ids[catalog.DocID(i.ID)] = true
		}
		require.Zero(t, len(catalog.Manifests{}.Diff(page.Items).Items)-len(page.Items))
	})
}

func TestAPageThatIsCutShortNamesNothingMissing(t *testing.T) {
	tests := map[string]struct {
		style         catalog.Style
		number        int
		listed, total int
		short         bool
	}{
		"a full page":                             {catalog.ByOffset, 1, 100, 250, false},
		"an empty page in the middle":             {catalog.ByOffset, 1, 0, 250, true},
		"one that the provider cut":               {catalog.ByPage, 0, 60, 250, true},
		"the last page":                           {catalog.ByPage, 2, 50, 250, false},
		"the last page, cut":                      {catalog.ByPage, 2, 49, 250, true},
		"a page after the end":                    {catalog.ByOffset, 3, 0, 250, false},
		"of a catalogue that is empty by now":     {catalog.ByOffset, 1, 0, 0, false},
		"a cursor's page, of whatever size it is": {catalog.ByCursor, 1, 60, 250, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			how := catalog.Paging{Style: test.style, Size: 100}
			page := catalog.Page{Listed: test.listed, Total: test.total, TotalKnown: true}.Counted(how, catalog.PageRef{Number: test.number})
			require.Equal(t, test.short, page.Nameless() > 0)
			require.Equal(t, test.listed, page.Listed)
		})
	}
	unknown := catalog.Page{Listed: 60}.Counted(catalog.Paging{Style: catalog.ByOffset, Size: 100}, catalog.PageRef{})
	require.Zero(t, unknown.Nameless())
}
