package e2e_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"lastmile/shared/auth"
	"lastmile/shared/campaign"
)

func TestWhoWatchesIsToldWhenACampaignBegins(t *testing.T) {
	tests := map[string]struct {
		entity auth.Entity
		shops  []string
		topic  string
	}{
		"a merchant, who watches the shop":            {auth.Merchant, []string{"bakery"}, "shop:bakery"},
		"a customer, who watches what the shop sells": {auth.Customer, nil, "market:bakery"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := openStall(t, true)
			d := websocket.Dialer{Subprotocols: []string{"lastmile.v1", "token." + b.Token(test.entity, "ben", test.shops...)}}
			ws, resp, err := d.DialContext(t.Context(), "ws"+strings.TrimPrefix(b.URL, "http")+"/gateway/v1/socket", nil)
			require.NoError(t, err, "%v", resp)
			defer ws.Close()
			require.NoError(t, ws.SetReadDeadline(time.Now().Add(20*time.Second)))
			require.NoError(t, ws.WriteJSON(object{"hello": object{"topics": object{test.topic: nil}}}))

			begin := time.Now().Add(time.Second).Truncate(time.Second)
			c := b.campaign(t, "POST", "", sale(campaign.PercentOff, object{"basisPoints": 2000}, begin, begin.Add(time.Hour)), http.StatusCreated)
			for {
				var frame struct {
					T string
					D struct {
						Campaign campaign.ID
						State    campaign.State
					}
				}
				require.NoError(t, ws.ReadJSON(&frame), "the beginning is told")
				if frame.T == campaign.NoticeKind && frame.D.Campaign == c.ID && frame.D.State == campaign.Active {
					return
				}
			}
		})
	}
}
