package notify_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/functions/notify"
	"lastmile/shared/event"
	"lastmile/shared/function"
	"lastmile/shared/push"
	"lastmile/shared/realtime"
)

// line takes what is published and pushed, and fails on demand.
type line struct {
	published map[realtime.Audience]realtime.Event
	pushed    []realtime.Notice
	broken    map[realtime.Audience]error
	swept     int
}

func (l *line) Publish(_ context.Context, to realtime.Audience, e realtime.Event) (realtime.Receipt, error) {
	if err := l.broken[to]; err != nil {
		return realtime.Receipt{}, err
	}
	l.published[to] = e
	return realtime.Receipt{}, nil
}

func (l *line) Sweep(context.Context) (int, error) { l.swept++; return 0, nil }

func (l *line) Push(_ context.Context, n realtime.Notice) error {
	l.pushed = append(l.pushed, n)
	return nil
}

// Publish by way of the bus is how gateways ask for a push.
type bus struct{ event.ClientPush }

func (b *bus) Publish(_ context.Context, events ...event.Event) error {
	b.ClientPush = *events[0].(*event.ClientPush)
	return nil
}

func TestEveryAudienceIsTold(t *testing.T) {
	l := &line{published: map[realtime.Audience]realtime.Event{}}
	f := notify.New(l, l)
	e := event.ClientNotice{
		Header: event.Header{ID: "e1"}, To: []string{"customer:7", "topic order:12", "role operator"},
		Kind: "order.changed", Subject: "order:12", Data: json.RawMessage(`{"to":"ready"}`),
	}
	require.NoError(t, f.Notify(t.Context(), e))
	want := realtime.Event{Kind: "order.changed", Key: "order:12", ID: "e1", Data: e.Data}
	require.Equal(t, map[realtime.Audience]realtime.Event{
		realtime.Client("customer", "7"): want, realtime.Topic("order", "12"): want, realtime.Role("operator"): want,
	}, l.published)
}

func TestOneAudienceDoesNotKeepTheOthersFromTheNews(t *testing.T) {
	ann := realtime.Client("customer", "ann")
	for name, tc := range map[string]struct {
		to        []string
		fault     error
		permanent bool
	}{
		"an audience that makes no sense, and one that does": {[]string{"nobody", "customer:7"}, nil, true},
		"Redis is away for one":                              {[]string{"customer:ann", "customer:7"}, realtime.ErrUnavailable, false},
		"both":                                               {[]string{"nobody", "customer:ann", "customer:7"}, realtime.ErrUnavailable, false},
		"a kind that there is not":                           {[]string{"customer:ann", "customer:7"}, realtime.ErrInvalid, true},
	} {
		t.Run(name, func(t *testing.T) {
			l := &line{published: map[realtime.Audience]realtime.Event{}, broken: map[realtime.Audience]error{ann: tc.fault}}
			err := notify.New(l, l).Notify(t.Context(), event.ClientNotice{To: tc.to, Kind: "order.changed", Subject: "order:12"})
			require.Error(t, err)
			require.Equal(t, tc.permanent, errors.Is(err, function.ErrPermanent))
			require.Contains(t, l.published, realtime.Client("customer", "7"))
		})
	}
}

func TestWhatAGatewayAsksForIsPushed(t *testing.T) {
	l, b := &line{}, &bus{}
	n := realtime.Notice{
		ID: "courier:ada/e/7", Client: realtime.Client("courier", "ada"), Kind: "offer.made", Text: "A new delivery is on offer",
		Data: json.RawMessage(`{}`), Until: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC),
	}
	require.NoError(t, push.NewRelay(b).Push(t.Context(), n))
	require.NoError(t, b.Validate())
	first := b.ID
	require.NoError(t, push.NewRelay(b).Push(t.Context(), n))
	require.Equal(t, first, b.ID, "asked for again, it is the same event")

	f := notify.New(l, l)
	require.NoError(t, f.Push(t.Context(), b.ClientPush))
	require.Equal(t, []realtime.Notice{n}, l.pushed)
	require.ErrorIs(t, f.Push(t.Context(), event.ClientPush{Client: "ada"}), function.ErrPermanent)
	require.NoError(t, f.Sweep(t.Context()))
	require.Equal(t, 1, l.swept)
}
