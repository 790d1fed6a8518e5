package catalogpage

import (
	"context"
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/catalog"
)

// shelf is a provider of so many items a window, of which each answer repeats
// the last one of the answer before.
type shelf struct{ items, asked int }

func (s *shelf) Fetch(_ context.Context, c catalog.Settings, r catalog.PageRef) (catalog.Page, error) {
	s.asked++
	from, _ := strconv.Atoi(r.Cursor)
	to := min(from+c.Paging.Size, s.items)
	var p catalog.Page
	for i := max(0, from-1); i < to; i++ {
		p.Items = append(p.Items, catalog.Item{ID: fmt.Sprint(i), Stock: int64(from)})
	}
	p.Bad = []catalog.BadItem{{Index: 0, Field: "name"}}
	p.Listed = len(p.Items) + 1
	if to < s.items {
		p.Next = fmt.Sprint(to)
	}
	return p, nil
}

func by(style catalog.Style) catalog.Settings {
	return catalog.Settings{Shop: "bakery", Paging: catalog.Paging{Style: style, Size: 100, CursorPath: "next"}}
}

func TestAWindowIsOnePageHoweverOftenItIsCut(t *testing.T) {
	from := &shelf{items: 450}
	w, err := walk(t.Context(), from, by(catalog.ByWindow), catalog.PageRef{Number: 3})
	require.NoError(t, err)
	require.Equal(t, 5, from.asked)
	require.Len(t, w.page.Items, 450)
	require.Equal(t, 4, w.page.Duplicates)
	require.Equal(t, int64(100), w.page.Items[99].Stock, "the later one counts")
	require.Len(t, w.page.Bad, 5)
	require.Equal(t, w.page.Listed, len(w.page.Items)+len(w.page.Bad)+w.page.Duplicates)
	require.Equal(t, 101, w.page.Bad[1].Index, "places are counted through")
	require.False(t, w.more)
}

func TestAWindowThatIsTooFullIsRefusedWithTheRemedy(t *testing.T) {
	from := &shelf{items: 1_000_000}
	_, err := walk(t.Context(), from, by(catalog.ByWindow), catalog.PageRef{})
	require.ErrorIs(t, err, catalog.ErrMismatch)
	require.ErrorContains(t, err, "paging.windows.stepSeconds")
	require.Less(t, from.asked, 60)
}

func TestAChainIsNotWalked(t *testing.T) {
	from := &shelf{items: 450}
	w, err := walk(t.Context(), from, by(catalog.ByCursor), catalog.PageRef{Number: 0})
	require.NoError(t, err)
	require.Equal(t, 1, from.asked)
	require.True(t, w.more)
	require.Equal(t, catalog.PageRef{Number: 1, Cursor: "100"}, w.next)
}

// cut is a provider that says how many items there are, and lists none of them.
type cut struct{}

func (cut) Fetch(context.Context, catalog.Settings, catalog.PageRef) (catalog.Page, error) {
	return catalog.Page{Total: 450, TotalKnown: true}, nil
}

func TestAPageThatIsCutShortIsReported(t *testing.T) {
	w, err := walk(t.Context(), cut{}, by(catalog.ByOffset), catalog.PageRef{Number: 1})
	require.NoError(t, err)
	require.Equal(t, 1, w.page.Nameless(), "nothing is taken to be gone")
	require.Contains(t, w.page.Bad[0].Problem, "lists 0 of the 100")
}
