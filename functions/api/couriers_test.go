package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/courier"
	"lastmile/shared/docs"
)

func TestACourierWhoHandsInCashMayCollectAsMuchAgain(t *testing.T) {
	c := start(t)
	db := c.docs()
	ada := courier.Courier{ID: "ada", CashLimit: 10_000, Load: courier.Load{Cash: 9_500}}
	require.NoError(t, db.Commit(t.Context(), docs.In[courier.Courier](db, "couriers").Create("ada", ada)))

	handIn := func(amount int64) (int, int64) {
		var answer courier.Courier
		status := c.do(http.MethodPost, "/v1/couriers/ada/cash", map[string]int64{"amount": amount}, &answer)
		_, purse := answer.Room()
		return status, purse
	}
	status, purse := handIn(9_000)
	require.Equal(t, http.StatusOK, status)
	require.EqualValues(t, 9_500, purse)
	for amount, want := range map[int64]int{501: http.StatusConflict, 0: http.StatusUnprocessableEntity, -500: http.StatusUnprocessableEntity} {
		status, _ := handIn(amount)
		require.Equal(t, want, status, amount)
	}
	status, purse = handIn(500)
	require.Equal(t, http.StatusOK, status)
	require.EqualValues(t, 10_000, purse)
}
