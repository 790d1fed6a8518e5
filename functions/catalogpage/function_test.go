package catalogpage_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/functions/catalogpage"
	"lastmile/shared/catalog"
	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/catalog/cataloghttp"
	"lastmile/shared/event"
	"lastmile/shared/function"
	"lastmile/shared/job/jobdb"
)

// provider answers every fetch with an error.
type provider struct{ err error }

func (p provider) Fetch(context.Context, catalog.Settings, catalog.PageRef) (catalog.Page, error) {
	return catalog.Page{}, p.err
}

// pages lets every page work.
type pages struct{}

func (pages) Run(ctx context.Context, _ jobdb.Delivery, work func(context.Context, *jobdb.Turn) error) error {
	return work(ctx, nil)
}

type catalogs struct{}

func (catalogs) Settings(context.Context, string, int) (catalog.Settings, error) {
	return catalog.Settings{}, nil
}

func (catalogs) Compare(string, []catalog.Item) *catalogdb.Comparison { return nil }

// outbound remembers what is published.
type outbound struct{ events []event.Event }

func (o *outbound) Publish(_ context.Context, events ...event.Event) error {
	o.events = append(o.events, events...)
	return nil
}

func TestWhatBecomesOfAPageThatWasNotFetched(t *testing.T) {
	tests := map[string]struct {
		err       error
		permanent bool
		again     bool // published, rather than returned for redelivery
	}{
		"one that got no turn queues again":          {err: cataloghttp.ErrBusy, again: true},
		"an unavailable provider is asked again":     {err: cataloghttp.ErrUnavailable},
		"a garbled page is asked for again":          {err: catalog.ErrGarbled},
		"a provider that refuses us is not":          {err: cataloghttp.ErrRefused, permanent: true},
		"settings that do not fit are a dead letter": {err: catalog.ErrMismatch, permanent: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			out := &outbound{}
			f := catalogpage.New(pages{}, catalogs{}, provider{fmt.Errorf("page 3: %w", test.err)}, out)
			e := event.CatalogPage{Header: event.Header{ID: "e1"}, Job: "j", Shop: "s", Settings: 1, Page: 3}
			err := f.Handle(t.Context(), e)
			if test.again {
				require.NoError(t, err)
				require.Equal(t, []event.Event{&e}, out.events, "under the same id")
				return
			}
			require.ErrorIs(t, err, test.err)
			require.Equal(t, test.permanent, errors.Is(err, function.ErrPermanent))
			require.Empty(t, out.events)
		})
	}
}
