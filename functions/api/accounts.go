package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/auth"
	"lastmile/shared/auth/authdb"
)

// Accounts are the routes by which operators say who may sign in.
type Accounts struct {
	Store    *authdb.Store
	Sessions Sessions
}

func (r Accounts) register(api huma.API) {
	handle(api, huma.Operation{
		OperationID: "put-account", Method: http.MethodPut, Path: "/v1/accounts/{entity}/{id}", Tags: []string{"sessions"},
		Summary: "Make an account, or change it; disabling it ends its sessions", DefaultStatus: http.StatusNoContent,
		Extensions: map[string]any{tripsField: 20}, // the account, each identity, and its sessions
	}, r.put)
}

// PutAccount says what an account is to be.
type PutAccount struct {
	Entity auth.Entity `path:"entity" enum:"customer,courier,merchant,operator,service"`
	ID     string      `path:"id" maxLength:"128" pattern:"^[A-Za-z0-9._-]+$"`
	Body   struct {
		Disabled   bool            `json:"disabled,omitempty" doc:"it is refused, and its sessions end"`
		Shops      []string        `json:"shops,omitempty" maxItems:"100" doc:"of a merchant"`
		Identities []boundIdentity `json:"identities,omitempty" maxItems:"10" doc:"that sign in as this account, besides those that do already"`
	}
}

type boundIdentity struct {
	Issuer  string `json:"issuer" maxLength:"512"`
	Subject string `json:"subject" maxLength:"512"`
}

func (r Accounts) put(ctx context.Context, in *PutAccount) (*struct{}, error) {
	if err := r.Store.Save(ctx, in.Entity, in.ID, auth.Account{Disabled: in.Body.Disabled, Shops: in.Body.Shops}); err != nil {
		return nil, err
	}
	for _, i := range in.Body.Identities {
		if err := r.Store.Bind(ctx, auth.Identity{Issuer: i.Issuer, Subject: i.Subject}, in.Entity, in.ID, time.Now().UTC()); err != nil {
			return nil, err
		}
	}
	if !in.Body.Disabled {
		return nil, nil
	}
	return nil, r.Sessions.end(ctx, in.Entity, in.ID)
}
