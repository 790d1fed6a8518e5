// Package report takes in what couriers send over their sockets: where they are.
//
// The event is location.report, its payload {"fixes":[...]} as in POST
// /v1/couriers/{courier}/locations. Whose position it is, the token says.
package report

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"lastmile/gateway/server"
	"lastmile/shared/track"
	"lastmile/shared/track/intake"
)

// Locations takes fixes in; [*intake.Intake] does.
type Locations interface {
	Frame(ctx context.Context, courier track.CourierID, data []byte) (intake.Receipt, error)
}

// Receiver is a [server.Receiver].
type Receiver struct{ locations Locations }

// New returns a Receiver that passes positions on to l.
func New(l Locations) *Receiver { return &Receiver{l} }

// kind is what couriers send.
const kind = "location.report"

// What is told to clients.
var (
	ErrUnknown    = errors.New("this gateway takes no such event")
	ErrNotCourier = errors.New("only couriers report locations")
)

// Receive implements [server.Receiver]. Its error says which fixes were refused,
// and why; the others are kept.
func (r *Receiver) Receive(ctx context.Context, from server.Identity, event string, data []byte) error {
	if event != kind {
		return fmt.Errorf("%w: %.40q; send %s", ErrUnknown, event, kind)
	}
	courier, ok := strings.CutPrefix(from.Client.Name(), "courier:")
	if !ok {
		return ErrNotCourier
	}
	receipt, err := r.locations.Frame(ctx, track.CourierID(courier), data)
	if errors.Is(err, intake.ErrMalformed) || errors.Is(err, intake.ErrBusy) || errors.Is(err, intake.ErrTooMany) {
		return err
	}
	if err != nil {
		return errors.New("not kept for the moment; send it again") // the rest is for the logs
	}
	return receipt.Err()
}
