package server

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/auth"
	"lastmile/shared/realtime"
)

func TestWhoMayWatchWhat(t *testing.T) {
	o := NewOwners(auth.Standard(nil), nil)
	o.known["12"] = known{Parties{Customer: "ann", Courier: "7", Shop: "corner"}, time.Now().Add(time.Hour)}
	o.known["13"] = known{Parties{}, time.Now().Add(time.Hour)}
	merchant := auth.Caller{Entity: auth.Merchant, ID: "mo", Shops: []string{"corner"}}
	tests := map[string]struct {
		who   auth.Caller
		topic string
		may   bool
	}{
		"a customer its order":              {auth.Caller{Entity: auth.Customer, ID: "ann"}, "order:12", true},
		"another customer does not":         {auth.Caller{Entity: auth.Customer, ID: "bob"}, "order:12", false},
		"a customer no courier":             {auth.Caller{Entity: auth.Customer, ID: "ann"}, "courier:7", false},
		"a courier its order":               {auth.Caller{Entity: auth.Courier, ID: "7"}, "order:12", true},
		"a courier itself":                  {auth.Caller{Entity: auth.Courier, ID: "7"}, "courier:7", true},
		"a courier no other":                {auth.Caller{Entity: auth.Courier, ID: "7"}, "courier:8", false},
		"a courier no order without one":    {auth.Caller{Entity: auth.Courier, ID: "8"}, "order:13", false},
		"a merchant its shop":               {merchant, "shop:corner", true},
		"a merchant no other shop":          {merchant, "shop:other", false},
		"a merchant the orders of its shop": {merchant, "order:12", true},
		"a merchant no other order":         {merchant, "order:13", false},
		"an operator everything":            {auth.Caller{Entity: auth.Operator, ID: "op"}, "job:1", true},
		"a service nothing":                 {auth.Caller{Entity: auth.Service, ID: "x"}, "order:12", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			topic, err := realtime.ParseTopic(test.topic)
			require.NoError(t, err)
			err = o.MayWatch(t.Context(), Identity{Caller: test.who}, topic)
			if test.may {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, ErrForbidden)
		})
	}
	require.NoError(t, o.Carries(t.Context(), "7", "12"))
	require.ErrorIs(t, o.Carries(t.Context(), "8", "12"), ErrForbidden)
}

func TestWhoseAnOrderIsIsAskedAgainWhenThereIsNews(t *testing.T) {
	o := NewOwners(auth.Standard(nil), nil)
	for _, order := range []string{"12", "13"} {
		o.known[order] = known{Parties{Courier: "7"}, time.Now().Add(time.Hour)}
	}
	require.True(t, o.Changed(realtime.Topic("order", "12")))
	require.NotContains(t, o.known, "12")
	require.Contains(t, o.known, "13")
	require.False(t, o.Changed(realtime.Topic("shop", "corner")), "whose a shop is, the token says")
}

type fixedSessions struct {
	pass auth.Pass
	err  error
}

func (f fixedSessions) Check(context.Context, string) (auth.Pass, error) { return f.pass, f.err }

func TestCallersAreIdentities(t *testing.T) {
	expires := time.Unix(1_800_000_000, 0)
	pass := auth.Pass{Claims: auth.Claims{Caller: auth.Caller{Entity: auth.Operator, ID: "op", Session: "s"}, Expires: expires}, Token: "next"}
	who, err := NewCallers(fixedSessions{pass: pass}).Authenticate(t.Context(), "a.b.c")
	require.NoError(t, err)
	require.Equal(t, realtime.Client("operator", "op"), who.Client)
	require.Equal(t, "s", who.Session, "by which its connections are closed")
	require.Equal(t, []string{"operator"}, who.Roles)
	require.Equal(t, expires, who.Expires)
	require.Equal(t, "next", who.Token)

	_, err = NewCallers(fixedSessions{err: auth.ErrRefused}).Authenticate(t.Context(), "a.b.c")
	require.ErrorIs(t, err, ErrUnauthorized)
	_, err = NewCallers(fixedSessions{err: auth.ErrUnavailable}).Authenticate(t.Context(), "a.b.c")
	require.Error(t, err)
	require.False(t, errors.Is(err, ErrUnauthorized), "nobody is sent away while nobody can tell")
}

func TestAnAckWaitsWhileNobodyCanTellWhoseItIs(t *testing.T) {
	for err, status := range map[error]int{auth.ErrUnavailable: http.StatusServiceUnavailable, auth.ErrRefused: http.StatusUnauthorized} {
		s := &Server{auth: NewCallers(fixedSessions{err: err})}
		w := httptest.NewRecorder()
		s.serveAck(w, httptest.NewRequest(http.MethodPost, "/v1/acks", nil))
		require.Equal(t, status, w.Code)
	}
}
