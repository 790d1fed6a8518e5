package platform

import (
	"context"

	"lastmile/shared/auth"
	"lastmile/shared/auth/authdb"
	"lastmile/shared/auth/authredis"
)

// Sessions returns what lets callers in. Their keys are the secret
// [auth.KeysSecret].
func (p *Platform) Sessions() (*auth.Sessions, error) {
	return p.sessions.open(func() (*auth.Sessions, error) {
		db, err := p.Docs()
		if err != nil {
			return nil, err
		}
		cache, err := p.Redis()
		if err != nil {
			return nil, err
		}
		keys := auth.NewKeys(func(ctx context.Context) (string, error) { return p.Secret(ctx, auth.KeysSecret) }, nil)
		store := authdb.New(db)
		return auth.NewSessions(auth.Standard(store), keys, store, authredis.New(cache), auth.Options{Log: p.Log()}), nil
	})
}
