package campaign

import (
	"encoding/json"
	"strconv"
	"time"

	"lastmile/shared/event"
)

// NoticeKind is the real-time event that tells of a campaign.
const NoticeKind = "campaign.changed"

// notice is what clients get.
type notice struct {
	Campaign ID        `json:"campaign"`
	Shop     string    `json:"shop"`
	Kind     Kind      `json:"kind"`
	Title    string    `json:"title"`
	State    State     `json:"state"`
	Starts   time.Time `json:"starts,omitzero"`
	Ends     time.Time `json:"ends"`
	Terms    Terms     `json:"terms"`
	Version  int       `json:"version"`
}

// Notice tells operators, those who watch the shop unless it is a draft, and those
// who watch what it offers once it has begun, how c is now.
func (c Campaign) Notice() *event.ClientNotice {
	data, _ := json.Marshal(notice{ // plain values: it cannot fail
		c.ID, c.Shop, c.Kind, c.Title, c.State, c.Schedule.Starts, c.Schedule.Ends, c.Terms, c.Version,
	})
	to := []string{"role operator"}
	if c.State != Drafted {
		to = append(to, "topic shop:"+c.Shop)
	}
	if c.State != Drafted && c.State != Scheduled {
		to = append(to, "topic market:"+c.Shop)
	}
	return &event.ClientNotice{
		Header:  event.Header{ID: event.DeriveID("campaign notice", string(c.ID), strconv.Itoa(c.Version))},
		To:      to,
		Kind:    NoticeKind,
		Subject: "campaign:" + string(c.ID),
		Data:    data,
	}
}
