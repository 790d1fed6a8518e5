package catalog_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/shared/catalog"
)

func window(start time.Time) catalog.Paging {
	return catalog.Paging{Style: catalog.ByWindow, Size: 25, Windows: catalog.Spans{Start: start, StepSeconds: 3600, Incremental: true}}
}

func styled(p catalog.Paging) catalog.Settings {
	return shop(func(s *catalog.Settings) { s.Paging = p })
}

func TestRequestSpeaksEachStyle(t *testing.T) {
	start := time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		paging catalog.Paging
		ref    catalog.PageRef
		want   string
	}{
		"an offset counts items":            {catalog.Paging{Style: catalog.ByOffset, Size: 25, SizeParam: "limit", Param: "skip"}, catalog.PageRef{Number: 3}, "limit=25&skip=75"},
		"a page number starts at its first": {catalog.Paging{Style: catalog.ByPage, Size: 25, SizeParam: "per_page", First: 1}, catalog.PageRef{Number: 3}, "page=4&per_page=25"},
		"a page number may start at zero":   {catalog.Paging{Style: catalog.ByPage, Size: 25}, catalog.PageRef{Number: 3}, "page=3"},
		"the first cursor is not sent":      {catalog.Paging{Style: catalog.ByCursor, Param: "after"}, catalog.PageRef{}, ""},
		"a cursor is sent as it came":       {catalog.Paging{Style: catalog.ByCursor, Param: "after"}, catalog.PageRef{Number: 1, Cursor: "a=&b c"}, "after=a%3D%26b+c"},
		"a window has two ends":             {window(start), catalog.PageRef{From: start, To: start.Add(time.Hour)}, "updated_from=2026-05-01T10%3A00%3A00Z&updated_to=2026-05-01T11%3A00%3A00Z"},
		"a window may count seconds":        {catalog.Paging{Style: catalog.ByWindow, Windows: catalog.Spans{FromParam: "f", ToParam: "t", Format: catalog.Unix}}, catalog.PageRef{From: time.Unix(60, 0), To: time.Unix(120, 0)}, "f=60&t=120"},
		"a window may be continued":         {catalog.Paging{Style: catalog.ByWindow, CursorPath: "n", Windows: catalog.Spans{FromParam: "f", ToParam: "t", Format: catalog.UnixMillis}}, catalog.PageRef{Hop: 1, Cursor: "x", From: time.Unix(60, 0), To: time.Unix(120, 0)}, "cursor=x&f=60000&t=120000"},
	} {
		t.Run(name, func(t *testing.T) {
			req, err := styled(c.paging).Request(c.ref)
			require.NoError(t, err)
			require.Equal(t, "https://api.example.com/v1/products?"+c.want, strings.TrimSuffix(req.URL, "?")+map[bool]string{true: "?"}[c.want == ""])
		})
	}
}

func TestARequestKeepsTheFixedQuery(t *testing.T) {
	s := shop(func(s *catalog.Settings) { s.Provider.Query = map[string]string{"status": "publish", "offset": "7"} })
	req, err := s.Request(catalog.PageRef{Number: 1})
	require.NoError(t, err)
	require.Equal(t, "https://api.example.com/v1/products?limit=25&offset=25&status=publish", req.URL)
}

func TestPlanCoversEveryItemOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size, total := rapid.IntRange(1, 1000).Draw(t, "size"), rapid.IntRange(0, 50_000).Draw(t, "total")
		s := styled(catalog.Paging{Style: catalog.ByPage, Size: size, SizeParam: "n"})
		plan, err := s.Plan(total, catalog.History{})
		require.NoError(t, err)
		require.True(t, plan.Whole)
		require.GreaterOrEqual(t, len(plan.Pages)*size, total)
		require.Less(t, (len(plan.Pages)-1)*size, max(total, 1))
		for i, p := range plan.Pages {
			require.Equal(t, catalog.PageRef{Number: i, Last: i == len(plan.Pages)-1}, p)
		}
	})
}

func TestPlanOfWindows(t *testing.T) {
	start := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	now := start.Add(50*time.Hour + 30*time.Minute)
	for name, c := range map[string]struct {
		h     catalog.History
		from  time.Time
		whole bool
		pages int
	}{
		"the first sync reads everything":       {catalog.History{Now: now}, start, true, 51},
		"the next reads what changed":           {catalog.History{Now: now, LastComplete: now.Add(-time.Hour), LastWhole: now.Add(-2 * time.Hour)}, now.Add(-65 * time.Minute), false, 2},
		"once a day everything is read again":   {catalog.History{Now: now, LastComplete: now.Add(-time.Hour), LastWhole: now.Add(-24 * time.Hour)}, start, true, 51},
		"a start in the future has no windows":  {catalog.History{Now: start.Add(-time.Hour)}, start, true, 0},
		"never before the start of all updates": {catalog.History{Now: now, LastComplete: start, LastWhole: now.Add(-time.Hour)}, start, true, 51},
	} {
		t.Run(name, func(t *testing.T) {
			plan, err := styled(window(start)).Plan(-1, c.h)
			require.NoError(t, err)
			require.Equal(t, c.whole, plan.Whole)
			require.Len(t, plan.Pages, c.pages)
			at := c.from
			for i, p := range plan.Pages {
				require.Equal(t, i, p.Number)
				require.Equal(t, at, p.From, "windows touch")
				at = p.To
			}
			if c.pages > 0 {
				require.Equal(t, c.h.Now, at)
				require.True(t, plan.Pages[c.pages-1].Last)
			}
		})
	}
}

func TestPlanRefusesTooManyPages(t *testing.T) {
	_, err := styled(catalog.Paging{Style: catalog.ByOffset, Size: 1}).Plan(1_000_000, catalog.History{})
	require.ErrorIs(t, err, catalog.ErrMismatch)
	require.ErrorContains(t, err, "paging.size")
	_, err = styled(window(time.Unix(0, 0))).Plan(-1, catalog.History{Now: time.Unix(1<<31, 0)})
	require.ErrorIs(t, err, catalog.ErrMismatch)
}

func TestNext(t *testing.T) {
	offset := catalog.Paging{Style: catalog.ByOffset, Size: 25}
	cursor := catalog.Paging{Style: catalog.ByCursor, CursorPath: "next"}
	hops := catalog.Paging{Style: catalog.ByWindow, CursorPath: "next"}
	for name, c := range map[string]struct {
		paging catalog.Paging
		ref    catalog.PageRef
		page   catalog.Page
		want   string // name of the next page; empty: none
	}{
		"a planned page has its successor already":     {offset, catalog.PageRef{Number: 1}, catalog.Page{Listed: 25}, ""},
		"a full last page may have pushed an item out": {offset, catalog.PageRef{Number: 4, Last: true}, catalog.Page{Listed: 25}, "000005"},
		"a short last page ends the walk":              {offset, catalog.PageRef{Number: 4, Last: true}, catalog.Page{Listed: 24}, ""},
		"a cursor leads on":                            {cursor, catalog.PageRef{Number: 4, Cursor: "a"}, catalog.Page{Next: "b"}, "000005"},
		"no cursor ends the walk":                      {cursor, catalog.PageRef{Number: 4, Cursor: "a"}, catalog.Page{}, ""},
		"a cursor that stands still ends the walk":     {cursor, catalog.PageRef{Number: 4, Cursor: "a"}, catalog.Page{Next: "a"}, ""},
		"an endless cursor ends":                       {cursor, catalog.PageRef{Number: 99_999, Cursor: "a"}, catalog.Page{Next: "b"}, ""},
		"a window is continued":                        {hops, catalog.PageRef{Number: 4, From: time.Unix(1, 0)}, catalog.Page{Next: "b"}, "000004-000001"},
	} {
		t.Run(name, func(t *testing.T) {
			next, ok := styled(c.paging).Next(c.ref, c.page)
			require.Equal(t, c.want != "", ok)
			if ok {
				require.Equal(t, c.want, next.Name())
				require.Equal(t, c.ref.From, next.From)
			}
		})
	}
}

func TestAPageRefIsSmallJSON(t *testing.T) {
	text, err := json.Marshal(catalog.PageRef{Number: 7})
	require.NoError(t, err)
	require.JSONEq(t, `{"number":7}`, string(text))
}
