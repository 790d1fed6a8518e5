package api

import (
	"context"

	"lastmile/shared/attachment"
	"lastmile/shared/auth"
	"lastmile/shared/order"
)

// checkProof refuses a file that proves nothing of an order: it must be a
// confirmed photo of this order that the caller, or for an operator anybody,
// uploaded.
func (r Orders) checkProof(ctx context.Context, order, file string) error {
	id, caller := attachment.ID(file), auth.From(ctx)
	found, err := r.Files.Visible(ctx, id)
	if err != nil {
		return err
	}
	f, ok := found[id]
	own := f.By == caller.String() || caller.Entity == auth.Operator
	if !ok || !own || f.Kind != attachment.ProofPhoto || f.Owner != attachment.OwnedBy("order", order) {
		return faulty("body.proof", "is no confirmed file of kind "+attachment.ProofPhoto+" of this order and of yours: upload it, and confirm it")
	}
	return nil
}

// proofURL is where the photo of a delivery is seen; empty if there is none any
// more.
func (r Orders) proofURL(ctx context.Context, o order.Order) (string, error) {
	return urlOf(ctx, r.Files, attachment.ID(o.Proof))
}
