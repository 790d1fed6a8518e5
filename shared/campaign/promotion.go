package campaign

import "time"

// Promotion is what everybody reads of an open campaign, and the lock of its
// scope: one document whose name is known.
type Promotion struct {
	Campaign ID       `firestore:"campaign" json:"campaign"`
	Kind     Kind     `firestore:"kind" json:"kind"`
	Title    string   `firestore:"title" json:"title"`
	State    State    `firestore:"state" json:"state"`
	Schedule Schedule `firestore:"schedule" json:"schedule"`
	Terms    Terms    `firestore:"terms" json:"terms"`
	Epoch    int      `firestore:"epoch" json:"epoch"`
}

// Promotion is what is read of c as long as it is open.
func (c Campaign) Promotion() Promotion {
	return Promotion{
		Campaign: c.ID, Kind: c.Kind, Title: c.Title, State: c.State,
		Schedule: c.Schedule, Terms: c.Terms, Epoch: c.Epoch,
	}
}

// Effective is the state that counts at a time.
func (p Promotion) Effective(now time.Time) State { return effective(p.State, p.Schedule, now) }

// Mark is what a record belongs to. A record whose mark is not that of an open
// campaign is void: nobody sees it, and it will be deleted.
type Mark struct {
	Campaign ID  `firestore:"campaign"`
	Epoch    int `firestore:"epoch"`
}

// Mark is that of the records that p has.
func (p Promotion) Mark() Mark { return Mark{Campaign: p.Campaign, Epoch: p.Epoch} }

// Mark is that of the records that c has.
func (c Campaign) Mark() Mark { return Mark{Campaign: c.ID, Epoch: c.Epoch} }

// Item is an item on a flash sale.
type Item struct {
	Mark  Mark      `firestore:"mark" json:"-"`
	Item  string    `firestore:"item" json:"item"`
	Added time.Time `firestore:"added" json:"added"`
}

// Grant is how often a customer may use a campaign, and has.
type Grant struct {
	Mark     Mark      `firestore:"mark" json:"-"`
	Customer string    `firestore:"customer" json:"customer"`
	Uses     int       `firestore:"uses" json:"uses"`
	Used     int       `firestore:"used" json:"used"`
	Granted  time.Time `firestore:"granted" json:"granted"`
}

// Redemption is one order's use of a campaign.
type Redemption struct {
	Mark     Mark      `firestore:"mark" json:"-"`
	Order    string    `firestore:"order" json:"order"`
	Customer string    `firestore:"customer" json:"customer"`
	Off      int64     `firestore:"off" json:"off"` // in the order's minor unit
	At       time.Time `firestore:"at" json:"at"`
}

// Left is how often a customer may still use a campaign on these terms; g is the
// customer's grant, or the zero Grant. It is no bound where limited is false.
func (t Terms) Left(g Grant) (left int, limited bool) {
	if !t.limited() {
		return 0, false
	}
	uses := g.Uses
	if !t.GrantedOnly {
		uses = max(uses, t.PerCustomer)
	}
	return max(0, uses-g.Used), true
}

// List returns c with more items, which it takes until it begins.
func (c Campaign) List(n int, now time.Time) (Campaign, error) {
	switch {
	case !c.Kind.Listed():
		return c, wrongKind(c.Kind)
	case c.Effective(now) != Drafted && c.Effective(now) != Scheduled:
		return c, &IllegalError{Action: "add items to", State: c.Effective(now)}
	}
	c.Items += n
	c.Version++
	return c, nil
}

// Grant returns c with more grants, which it takes until it ends.
func (c Campaign) Grant(n int, now time.Time) (Campaign, error) {
	switch {
	case !c.Kind.OfOrders():
		return c, wrongKind(c.Kind)
	case c.Effective(now).Closed():
		return c, &IllegalError{Action: "grant", State: c.Effective(now)}
	}
	c.Grants += n
	c.Version++
	return c, nil
}

func wrongKind(k Kind) error {
	return Faults{{Field: "kind", Problem: "is " + string(k), Remedy: "items are for flash sales, grants for what is taken off orders"}}
}
