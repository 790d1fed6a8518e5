package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"lastmile/shared/geo"
	"lastmile/shared/track"
)

// Report is a position as devices send it, by HTTPS and by socket alike.
type Report struct {
	At       time.Time `json:"at" doc:"the device's clock"`
	Seq      int64     `json:"seq,omitempty" doc:"the device's count of its fixes, for those of the same millisecond"`
	Lat      float64   `json:"lat"`
	Lng      float64   `json:"lng"`
	Accuracy float64   `json:"accuracy,omitempty" doc:"metres"`
	Speed    float64   `json:"speed,omitempty" doc:"metres a second"`
	Heading  float64   `json:"heading,omitempty" doc:"degrees clockwise from north"`
	Order    string    `json:"order,omitempty" doc:"the order under way: the fix joins its trail"`
}

// Of is the fix that r reports of a courier.
func (r Report) Of(courier track.CourierID) track.Fix {
	return track.Fix{
		Courier: courier, Order: track.OrderID(r.Order), At: r.At, Seq: r.Seq, Point: geo.Point{Lat: r.Lat, Lng: r.Lng},
		Accuracy: r.Accuracy, Speed: r.Speed, Heading: r.Heading,
	}
}

// ErrMalformed is returned for a frame that is not what devices send.
var ErrMalformed = errors.New(`a report is {"fixes":[{"at":"2026-11-22T12:00:00Z","lat":30.27,"lng":-97.74}]}`)

// Frame is [Intake.Accept] for the payload of a courier's frame: an object with
// fixes, each a [Report].
func (i *Intake) Frame(ctx context.Context, courier track.CourierID, data []byte) (Receipt, error) {
	var frame struct {
		Fixes []Report `json:"fixes"`
	}
	if err := json.Unmarshal(data, &frame); err != nil {
		return Receipt{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if len(frame.Fixes) == 0 {
		return Receipt{}, ErrMalformed
	}
	fixes := make([]track.Fix, len(frame.Fixes))
	for n, r := range frame.Fixes {
		fixes[n] = r.Of(courier)
	}
	return i.Accept(ctx, fixes...)
}

// Err tells what was refused, the first few with their reasons; nil if nothing
// was.
func (r Receipt) Err() error {
	if len(r.Refused) == 0 {
		return nil
	}
	const told = 3
	errs := []error{fmt.Errorf("%d accepted, %d refused; do not send those again", r.Accepted, len(r.Refused))}
	for _, x := range r.Refused[:min(told, len(r.Refused))] {
		errs = append(errs, fmt.Errorf("fix %d: %w", x.Index, x.Reason))
	}
	return errors.Join(errs...)
}
