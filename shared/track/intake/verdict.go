package intake

import (
	"context"
	"errors"

	"lastmile/shared/track"
)

// verdict is what was decided on the fixes of a call.
type verdict struct {
	accepted []track.Fix // in the order of the call
	refused  []Refused
	news     []track.Fix // the last known fix of each courier that moved on
}

func (v verdict) receipt() Receipt { return Receipt{Accepted: len(v.accepted), Refused: v.refused} }

// judge decides on fixes, each by what is known of its courier.
func (i *Intake) judge(ctx context.Context, fixes []track.Fix) (verdict, error) {
	known, err := i.histories(ctx, fixes)
	if err != nil {
		return verdict{}, err
	}
	v := verdict{accepted: make([]track.Fix, 0, len(fixes))}
	now := i.options.Now()
	moved := make(map[track.CourierID]bool, len(known))
	for n, f := range fixes {
		before := known[f.Courier]
		after, err := i.options.Limits.Judge(f, before, now)
		var refusal *track.Refusal
		if errors.As(err, &refusal) {
			v.refused = append(v.refused, Refused{n, refusal})
		} else {
			v.accepted = append(v.accepted, f.Rounded())
		}
		if after == before {
			continue
		}
		known[f.Courier] = after
		moved[f.Courier] = moved[f.Courier] || after.Last != before.Last
	}
	for courier, news := range moved {
		i.memory.put(courier, known[courier])
		if news {
			v.news = append(v.news, known[courier].Last.Rounded())
		}
	}
	return v, nil
}

// histories returns what is known of the couriers of fixes. It asks for those
// that are not in memory, if their fixes make sense at all.
func (i *Intake) histories(ctx context.Context, fixes []track.Fix) (map[track.CourierID]track.History, error) {
	known := make(map[track.CourierID]track.History, 1)
	var strangers []track.CourierID
	for _, f := range fixes {
		if _, ok := known[f.Courier]; ok || f.Check() != nil {
			continue
		}
		h, ok := i.memory.get(f.Courier)
		if !ok {
			strangers = append(strangers, f.Courier)
		}
		known[f.Courier] = h
	}
	if len(strangers) == 0 {
		return known, nil
	}
	last, err := i.positions.Newest(ctx, strangers...)
	for _, f := range last {
		known[f.Courier] = track.History{Last: f}
	}
	return known, err
}
