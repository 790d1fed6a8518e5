package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/firestore"
	"lastmile/shared/auth"
	"lastmile/shared/auth/authdb"
	"lastmile/shared/docs"
)

func TestTheFirstOperatorIsKnownByTheirIdentity(t *testing.T) {
	srv, err := firestore.Start(firestore.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { srv.Close() })
	o := docs.Options{Project: "test", EmulatorHost: srv.Addr()}
	who := auth.Identity{Issuer: "https://issuer.example", Subject: "108"}
	for range 2 { // it can be run again
		require.NoError(t, admit(t.Context(), o, who, "ada"))
	}

	db, err := docs.Open(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	store := authdb.New(db)
	id, err := store.Whose(t.Context(), who, auth.Operator)
	require.NoError(t, err)
	require.Equal(t, "ada", id)
	account, err := store.Load(t.Context(), auth.Operator, id)
	require.NoError(t, err)
	require.False(t, account.Disabled)
	_, err = store.Whose(t.Context(), who, auth.Courier)
	require.ErrorIs(t, err, auth.ErrNoIdentity)
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	who := auth.Identity{Issuer: "https://issuer.example", Subject: "108"}
	for name, run := range map[string]func() error{
		"no project":            func() error { return admit(t.Context(), docs.Options{}, who, "ada") },
		"no identity":           func() error { return admit(t.Context(), docs.Options{Project: "p"}, auth.Identity{}, "ada") },
		"an id with a slash":    func() error { return admit(t.Context(), docs.Options{Project: "p"}, who, "a/b") },
		"no id of the operator": func() error { return admit(t.Context(), docs.Options{Project: "p"}, who, "") },
	} {
		t.Run(name, func(t *testing.T) { require.ErrorContains(t, run(), "-project, -issuer and -subject are needed") })
	}
}
