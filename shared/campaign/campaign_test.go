package campaign_test

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/shared/campaign"
)

func draft(t *testing.T, k campaign.Kind, terms campaign.Terms) campaign.Campaign {
	t.Helper()
	plan := campaign.Plan{Zone: "UTC", Start: "2026-03-02T10:00", End: "2026-03-03T10:00"}
	c, err := campaign.New("c1", "bakery", k, campaign.Draft{Title: "Spring", Plan: plan, Terms: terms}, "ann", noon)
	require.NoError(t, err)
	return c
}

func running(t *testing.T) (campaign.Campaign, time.Time) {
	t.Helper()
	c, err := draft(t, campaign.PercentOff, campaign.Terms{BasisPoints: 1000}).Do(campaign.Publish, "ann", noon)
	require.NoError(t, err)
	now := c.Schedule.Starts.Add(time.Hour)
	return c.At(now), now
}

func TestTerms(t *testing.T) {
	tests := map[string]struct {
		kind   campaign.Kind
		terms  campaign.Terms
		faults []string
	}{
		"a share is for items":              {campaign.PercentOff, campaign.Terms{BasisPoints: 1500, Categories: []string{"bread"}}, nil},
		"nothing off is refused":            {campaign.PercentOff, campaign.Terms{}, []string{"terms.basisPoints"}},
		"nearly everything off is refused":  {campaign.FlashSale, campaign.Terms{BasisPoints: 9900}, []string{"terms.basisPoints"}},
		"an amount needs its currency":      {campaign.AmountOff, campaign.Terms{Amount: 300}, []string{"terms.currency"}},
		"all faults are told at once":       {campaign.AmountOff, campaign.Terms{BasisPoints: 5, MinOrder: -1, PerCustomer: -1}, []string{"terms.basisPoints", "terms.amount", "terms.minOrder", "terms.currency", "terms.perCustomer"}},
		"free delivery needs no terms":      {campaign.FreeDelivery, campaign.Terms{}, nil},
		"uses are counted for orders alone": {campaign.PercentOff, campaign.Terms{BasisPoints: 5, PerCustomer: 1}, []string{"terms.perCustomer"}},
		"a kind that there is not":          {"bogof", campaign.Terms{}, []string{"kind"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			plan := campaign.Plan{Zone: "UTC", End: "2026-03-03T10:00"}
			_, err := campaign.New("c1", "bakery", test.kind, campaign.Draft{Title: "Spring", Plan: plan, Terms: test.terms}, "ann", noon)
			var fields []string
			if faults, ok := err.(campaign.Faults); ok {
				for _, f := range faults {
					require.NotEmpty(t, f.Remedy)
					fields = append(fields, f.Field)
				}
			}
			require.Equal(t, test.faults, fields)
		})
	}
}

func TestPrerequisites(t *testing.T) {
	all := campaign.Facts{Shop: true, Currency: "EUR", Items: 1, Fee: true, Listed: 1}
	for _, k := range campaign.Kinds() {
		require.NoError(t, k.Require(campaign.Terms{Currency: "EUR"}, all, true))
		var missing *campaign.MissingError
		require.ErrorAs(t, k.Require(campaign.Terms{Currency: "USD"}, campaign.Facts{}, true), &missing)
		require.Len(t, missing.Missing, len(k.Prerequisites(campaign.Terms{}, all)), "everything is listed")
	}
	require.NoError(t, campaign.FlashSale.Require(campaign.Terms{}, campaign.Facts{Shop: true, Items: 1}, false), "a draft may lack its items")
}

func TestAFlashSaleIsShort(t *testing.T) {
	d := campaign.Draft{Title: "Flash", Plan: campaign.Plan{Zone: "UTC", End: "2026-03-09T10:00"}, Terms: campaign.Terms{BasisPoints: 100}}
	_, err := campaign.New("c1", "bakery", campaign.FlashSale, d, "ann", noon)
	require.ErrorContains(t, err, "72h")
}

func TestOnlyTheTokenOfThisChangeConfirmsIt(t *testing.T) {
	secret := []byte("secret")
	c, now := running(t)
	_, diff, err := c.Edit(campaign.Edit{Terms: &campaign.Terms{BasisPoints: 2000}}, now)
	require.NoError(t, err)
	require.Len(t, diff, 1)
	_, other, err := c.Edit(campaign.Edit{Terms: &campaign.Terms{BasisPoints: 2001}}, now)
	require.NoError(t, err)
	token := c.Token(secret, diff, now)
	paused, err := c.Do(campaign.Pause, "ann", now)
	require.NoError(t, err)
	resumed, err := paused.Do(campaign.Resume, "ann", now)
	require.NoError(t, err)
	stranger := c
	stranger.ID = "c2"

	require.NoError(t, c.Confirm(secret, token, diff, now.Add(4*time.Minute)))
	for name, err := range map[string]error{
		"another change":       c.Confirm(secret, token, other, now),
		"another campaign":     stranger.Confirm(secret, token, diff, now),
		"another generation":   resumed.Confirm(secret, token, diff, now),
		"after its time":       c.Confirm(secret, token, diff, now.Add(6*time.Minute)),
		"another secret":       c.Confirm([]byte("guess"), token, diff, now),
		"none":                 c.Confirm(secret, "", diff, now),
		"what is no token":     c.Confirm(secret, "%%", diff, now),
		"the start of a token": c.Confirm(secret, token[:20], diff, now),
	} {
		require.ErrorIs(t, err, campaign.ErrUnconfirmed, name)
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	require.NoError(t, err)
	for i := range raw {
		raw[i] ^= 1
		require.ErrorIs(t, c.Confirm(secret, base64.RawURLEncoding.EncodeToString(raw), diff, now), campaign.ErrUnconfirmed, "byte %d", i)
		raw[i] ^= 1
	}
}

func TestEdits(t *testing.T) {
	c, now := running(t)
	plan := func(start, end string) *campaign.Plan { return &campaign.Plan{Zone: "UTC", Start: start, End: end} }
	title := "Late spring"

	longer, diff, err := c.Edit(campaign.Edit{Title: &title, Plan: plan("", "2026-03-05T10:00")}, now)
	require.NoError(t, err)
	require.Equal(t, c.Gen+1, longer.Gen)
	require.Equal(t, c.Schedule.Starts, longer.Schedule.Starts)
	var fields []string
	for _, d := range diff {
		fields = append(fields, d.Field)
	}
	require.Equal(t, []string{"title", "schedule.end", "schedule.ends"}, fields)

	_, _, err = c.Edit(campaign.Edit{Plan: plan("2026-03-04T10:00", "2026-03-05T10:00")}, now)
	require.ErrorContains(t, err, "has begun")
	_, _, err = c.Edit(campaign.Edit{Plan: plan("", "2026-03-02T10:30")}, now)
	require.ErrorContains(t, err, "past")
	same, diff, err := c.Edit(campaign.Edit{}, now)
	require.NoError(t, err)
	require.Empty(t, diff)
	require.Equal(t, c, same)
	_, _, err = c.Edit(campaign.Edit{Title: &title}, c.Schedule.Ends)
	require.ErrorIs(t, err, campaign.ErrIllegal)
}

func TestPricesNeverExceedWhatThereIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Int64Range(0, 1<<60).Draw(t, "amount")
		fee := rapid.Int64Range(0, 1000).Draw(t, "fee")
		p := func(k campaign.Kind, terms campaign.Terms) campaign.Promotion {
			return campaign.Promotion{Campaign: campaign.ID(k), Kind: k, Terms: terms}
		}
		points := rapid.Int64Range(1, 9000).Draw(t, "points")
		o := campaign.Offers{Listed: map[string]bool{"bun": true}, Promotions: []campaign.Promotion{
			p(campaign.PercentOff, campaign.Terms{BasisPoints: 1000}), p(campaign.FlashSale, campaign.Terms{BasisPoints: points}),
			p(campaign.AmountOff, campaign.Terms{Amount: 500, Currency: "EUR"}), p(campaign.FreeDelivery, campaign.Terms{}),
		}}
		price, why := o.Price(campaign.Priced{Item: "bun", Amount: amount})
		require.Equal(t, amount-why.Off, price)
		require.GreaterOrEqual(t, price, amount/10)
		require.LessOrEqual(t, price, amount-amount/10000*1000, "the better of two")
		var off int64
		for _, r := range o.Order(amount, fee, "EUR") {
			off += r.Off
		}
		require.LessOrEqual(t, off, amount+fee)
		require.Equal(t, min(fee, off), off-min(500, amount), "delivery is free, and no more")
	})
}

func TestWhatIsTakenOffAnOrder(t *testing.T) {
	p := campaign.Promotion{Campaign: "c", Kind: campaign.AmountOff, Terms: campaign.Terms{Amount: 300, MinOrder: 1000, Currency: "EUR", PerCustomer: 1}}
	offers := func(left int) campaign.Offers {
		return campaign.Offers{Promotions: []campaign.Promotion{p}, Left: map[campaign.ID]int{"c": left}}
	}
	require.Len(t, offers(1).Order(1000, 0, "EUR"), 1)
	require.Empty(t, offers(1).Order(999, 0, "EUR"), "below the least order")
	require.Empty(t, offers(1).Order(1000, 0, "USD"), "another currency")
	require.Empty(t, offers(0).Order(1000, 0, "EUR"), "no use is left")
}
