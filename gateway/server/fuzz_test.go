package server_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/gateway/server"
)

// Nothing but what was issued is a pass.
func FuzzPass(f *testing.F) {
	p, err := server.NewPasses(key, nil)
	require.NoError(f, err)
	issued, err := p.Issue(ann)
	require.NoError(f, err)
	f.Add(issued)
	f.Add("e30.e30")
	f.Add(".")
	f.Fuzz(func(t *testing.T, token string) {
		who, err := p.Authenticate(t.Context(), token)
		if err != nil {
			require.ErrorIs(t, err, server.ErrUnauthorized)
			return
		}
		require.Equal(t, ann, who, "%q", token)
	})
}
