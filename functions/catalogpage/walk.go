package catalogpage

import (
	"context"
	"fmt"

	"lastmile/shared/catalog"
)

// Provider fetches pages.
type Provider interface {
	Fetch(ctx context.Context, s catalog.Settings, r catalog.PageRef) (catalog.Page, error)
}

// maxWalk bounds the items of a window: its page is one commit.
const maxWalk = 5000

// walked is a page, with all the hops of its window, and the page that follows
// it if only it could tell.
type walked struct {
	page catalog.Page
	next catalog.PageRef
	more bool
}

// walk fetches a page. A window that the provider cuts into several answers is
// one page nevertheless.
func walk(ctx context.Context, from Provider, s catalog.Settings, r catalog.PageRef) (walked, error) {
	var w walked
	for {
		page, err := from.Fetch(ctx, s, r)
		if err != nil {
			return w, err
		}
		w.page = join(w.page, page.Counted(s.Paging, r))
		if w.next, w.more = s.Next(r, page); !w.more || w.next.Number != r.Number {
			return w, nil
		}
		if w.page.Listed > maxWalk {
			return w, fmt.Errorf("%w: the window from %s holds more than %d items: use a smaller paging.windows.stepSeconds",
				catalog.ErrMismatch, r.From.Format("2006-01-02 15:04"), maxWalk)
		}
		r = w.next
	}
}

// join returns p with what the next answer of the same window holds. Of an item
// in both the later one counts.
func join(p, next catalog.Page) catalog.Page {
	if p.Listed == 0 {
		return next
	}
	at := make(map[string]int, len(p.Items))
	for n, i := range p.Items {
		at[i.ID] = n
	}
	for _, i := range next.Items {
		if n, twice := at[i.ID]; twice {
			p.Items[n] = i
			p.Duplicates++
			continue
		}
		p.Items = append(p.Items, i)
	}
	for _, b := range next.Bad {
		b.Index += p.Listed
		p.Bad = append(p.Bad, b)
	}
	p.Listed += next.Listed
	p.Duplicates += next.Duplicates
	return p
}
