package locationingest

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"lastmile/shared/event"
	"lastmile/shared/logs"
	"lastmile/shared/realtime"
)

// Watchers are told of what moved; [*realtime.Publisher] tells them.
type Watchers interface {
	Publish(ctx context.Context, to realtime.Audience, e realtime.Event) (realtime.Receipt, error)
}

const (
	// told is how many couriers are in one event: it has to fit into a frame.
	told = 500

	// tellTimeout bounds the telling: positions that come later have been overtaken.
	tellTimeout = 2 * time.Second
)

// moved is the payload of fleet.moved. Each entry is courier, latitude, longitude
// and when, in seconds since 1970.
type moved struct {
	Moved [][4]any `json:"moved"`
}

// tell tells those who watch the whole fleet what moved. It is best effort: they
// ask for everything now and then.
func (f *Function) tell(ctx context.Context, e event.LocationBatch) {
	if f.watchers == nil {
		return
	}
	if err := f.tellAll(ctx, e); err != nil {
		logs.Add(ctx, slog.String("untold", err.Error()))
	}
}

func (f *Function) tellAll(ctx context.Context, e event.LocationBatch) error {
	ctx, cancel := context.WithTimeout(ctx, tellTimeout)
	defer cancel()
	for from := 0; from < len(e.Positions); from += told {
		some := e.Positions[from:min(from+told, len(e.Positions))]
		m := moved{make([][4]any, len(some))}
		for i, p := range some {
			m.Moved[i] = [4]any{p.Courier, p.Lat, p.Lng, p.At.Unix()}
		}
		// Of two events with one key only the newer counts: so each part has its own.
		key := strconv.Itoa(e.Shard) + "." + strconv.Itoa(from/told)
		if _, err := f.watchers.Publish(ctx, realtime.Topic("fleet", "all"), realtime.Event{Kind: "fleet.moved", Key: key, Data: m}); err != nil {
			return err
		}
	}
	return nil
}
