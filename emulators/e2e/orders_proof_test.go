package e2e_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/auth"
	"lastmile/shared/order"
)

func TestADeliveryIsProvedByAPhotoThatThoseConcernedSee(t *testing.T) {
	b := openBakehouse(t, bread("rye", 250, 5))
	_, o := b.place(t, want("rye", 2))
	path := "/v1/orders/" + string(o.ID)
	require.Equal(t, http.StatusOK, b.call(t, "POST", path+"/accept", object{}, &object{}, b.ben...))
	require.Equal(t, http.StatusOK, b.call(t, "POST", path+"/ready", nil, &object{}, b.ben...))
	b.assign(t, o.ID, "cyd")
	require.Equal(t, http.StatusOK, b.call(t, "POST", path+"/pickup", nil, &object{}, b.cyd...))

	cyd := client{t, b.Stack, b.Token(auth.Courier, "cyd")}
	dan := client{t, b.Stack, b.Token(auth.Courier, "dan")}
	photo, owner := picture(t, 8, 8), "order:"+string(o.ID)
	announced, status := cyd.announce("proof.photo", owner, photo, "")
	require.Equal(t, http.StatusCreated, status)
	for name, file := range map[string]string{
		"one that is not there":     "none",
		"one that is not confirmed": announced.File,
		"of another order":          cyd.put("proof.photo", "order:other", photo, "").ID,
		"of another courier":        dan.put("proof.photo", owner, photo, "").ID,
	} {
		require.Equal(t, http.StatusUnprocessableEntity, cyd.call("POST", path+"/deliver", object{"proof": file}, nil), name)
	}
	proof := cyd.put("proof.photo", owner, photo, "")
	require.Equal(t, http.StatusOK, cyd.call("POST", path+"/deliver", object{"proof": proof.ID}, nil))

	for name, who := range map[string][]string{"the customer": b.ann, "the shop": b.ben, "the courier": b.cyd, "an operator": nil} {
		var seen struct {
			order.Order
			ProofURL string
		}
		require.Equal(t, http.StatusOK, b.call(t, "GET", path, nil, &seen, who...), name)
		status, body, _ := fetch(t, seen.ProofURL)
		require.Equal(t, http.StatusOK, status, name)
		require.Equal(t, string(photo), body, name)
	}
	_, status = cyd.announce("proof.photo", owner, photo, proof.ID)
	require.Equal(t, http.StatusUnprocessableEntity, status, "what proved it stays")
}
