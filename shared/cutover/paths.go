package cutover

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"lastmile/shared/docs"
	"lastmile/shared/shadow"
)

// live handles an event and keeps what it did beside the effects themselves. The
// end is kept before the event is acknowledged, so the shadow waits for no event
// that is gone.
func (p *Pair) live(ctx context.Context, e Event, handle func(context.Context) error) error {
	id := p.record(e)
	h := &shadow.Handling{Record: collection + "/" + id}
	err := handle(h.In(ctx))
	verdict, ended := p.options.Verdict(err)
	if !ended {
		return err
	}
	side := map[string]any{"verdict": verdict}
	if effects := h.Effects(); len(effects) > 0 {
		side["effects"] = effects
	}
	fields := p.about(e)
	fields["path"], fields["live"] = string(p.options.Path), side
	if unkept := p.store.db.Commit(ctx, p.store.comparisons().Merge(id, fields)); unkept != nil {
		return unkept
	}
	return err
}

// past is how far back Firestore reads, less a margin.
const past = 50 * time.Minute

// shadow handles an event dry, and compares.
func (p *Pair) shadow(ctx context.Context, e Event, handle func(context.Context) error) error {
	l, err := p.await(ctx, e)
	switch {
	case errors.Is(err, errAhead) && e.Last:
		return p.keep(ctx, e, Comparison{Outcome: Skipped})
	case err != nil:
		return err
	case p.options.Now().Sub(l.Created) > past:
		l.Data.Outcome = Skipped
		return p.keep(ctx, e, l.Data)
	}
	h := &shadow.Handling{Dry: true, Before: l.Created.Add(-time.Microsecond)}
	err = handle(h.In(ctx))
	verdict, ended := p.options.Verdict(err)
	if !ended && !e.Last {
		return err
	}
	if !ended {
		verdict = "retry: " + verdict
	}
	return p.keep(ctx, e, l.Data.compare(verdict, h.Effects()))
}

// await returns the live path's record of an event.
func (p *Pair) await(ctx context.Context, e Event) (*docs.Lookup[Comparison], error) {
	for pause := 5 * time.Millisecond; ; pause *= 2 {
		l := p.store.comparisons().Lookup(p.record(e))
		if err := p.store.db.Fetch(ctx, l); err != nil {
			return nil, err
		}
		switch {
		case l.Exists && l.Data.Live.Verdict != "":
			return l, nil
		case pause > p.options.Patience/2:
			return nil, errAhead
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// keep stores a comparison's result, and says it if the paths differ.
func (p *Pair) keep(ctx context.Context, e Event, c Comparison) error {
	fields := p.about(e)
	fields["outcome"], fields["shadow"] = string(c.Outcome), c.Shadow
	fields["missing"], fields["extra"] = c.Missing, c.Extra
	if err := p.store.db.Commit(ctx, p.store.comparisons().Merge(p.record(e), fields)); err != nil {
		return err
	}
	if c.Outcome == Differs {
		p.options.Log.WarnContext(ctx, "the paths differ", slog.String("tenant", e.Tenant), slog.String("live", c.Live.Verdict), slog.String("shadow", c.Shadow),
			slog.Any("missing", c.Missing), slog.Any("extra", c.Extra))
	}
	return nil
}

// about returns the fields of a comparison that both paths know.
func (p *Pair) about(e Event) map[string]any {
	return map[string]any{
		"function": p.options.Function, "event": string(e.ID), "tenant": e.Tenant, "at": e.At,
		"expires": p.options.Now().Add(kept),
	}
}
