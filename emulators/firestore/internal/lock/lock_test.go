package lock_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/firestore/internal/lock"
)

// player is an owner that acts on its own goroutine.
type player struct {
	table *lock.Table
	owner *lock.Owner
}

func (p player) locks(t *testing.T, key string, mode lock.Mode) {
	t.Helper()
	_, err := p.table.Acquire(t.Context(), p.owner, key, mode)
	require.NoError(t, err)
}

// asks returns the outcome of a request that may have to wait.
func (p player) asks(ctx context.Context, key string, mode lock.Mode) <-chan error {
	outcome := make(chan error, 1)
	go func() {
		_, err := p.table.Acquire(ctx, p.owner, key, mode)
		outcome <- err
	}()
	synctest.Wait()
	return outcome
}

func (p player) releases() { p.table.Release(p.owner); synctest.Wait() }

func waits(t *testing.T, outcome <-chan error) {
	t.Helper()
	require.Empty(t, outcome, "does not wait")
}

func TestLocks(t *testing.T) {
	cases := map[string]func(t *testing.T, a, b, c player){
		"readers share, a writer waits for all of them": func(t *testing.T, a, b, c player) {
			a.locks(t, "k", lock.Shared)
			b.locks(t, "k", lock.Shared)
			writer := c.asks(t.Context(), "k", lock.Exclusive)
			a.releases()
			waits(t, writer)
			b.releases()
			require.NoError(t, <-writer)
		},
		"one reader for update stands beside readers, two do not": func(t *testing.T, a, b, c player) {
			a.locks(t, "k", lock.Update)
			b.locks(t, "k", lock.Shared)
			waits(t, c.asks(t.Context(), "k", lock.Update))
			a.releases()
		},
		"intents share and exclude readers": func(t *testing.T, a, b, c player) {
			a.locks(t, "k", lock.Intent)
			b.locks(t, "k", lock.Intent)
			reader := c.asks(t.Context(), "k", lock.Shared)
			waits(t, reader)
			a.releases()
			b.releases()
			require.NoError(t, <-reader)
		},
		"a reader behind a waiting writer waits its turn": func(t *testing.T, a, b, c player) {
			a.locks(t, "k", lock.Shared)
			writer := b.asks(t.Context(), "k", lock.Exclusive)
			reader := c.asks(t.Context(), "k", lock.Shared)
			waits(t, reader)
			a.releases()
			require.NoError(t, <-writer)
			waits(t, reader)
			b.releases()
			require.NoError(t, <-reader)
		},
		"an upgrade goes before those who hold nothing": func(t *testing.T, a, b, c player) {
			a.locks(t, "k", lock.Shared)
			b.locks(t, "k", lock.Shared)
			writer := c.asks(t.Context(), "k", lock.Exclusive)
			upgrade := a.asks(t.Context(), "k", lock.Exclusive)
			b.releases()
			require.NoError(t, <-upgrade)
			waits(t, writer)
			a.releases()
			require.NoError(t, <-writer)
		},
		"of two readers that both want to write the younger is aborted": func(t *testing.T, a, b, _ player) {
			a.locks(t, "k", lock.Shared)
			b.locks(t, "k", lock.Shared)
			older := a.asks(t.Context(), "k", lock.Exclusive)
			require.ErrorIs(t, <-b.asks(t.Context(), "k", lock.Exclusive), lock.ErrAborted)
			require.NoError(t, <-older)
		},
		"a deadlock over two keys is broken, whoever closes it": func(t *testing.T, a, b, _ player) {
			a.locks(t, "x", lock.Exclusive)
			b.locks(t, "y", lock.Exclusive)
			younger := b.asks(t.Context(), "x", lock.Exclusive)
			older := a.asks(t.Context(), "y", lock.Exclusive)
			require.ErrorIs(t, <-younger, lock.ErrAborted)
			require.NoError(t, <-older)
		},
		"an aborted owner gets nothing more": func(t *testing.T, a, b, _ player) {
			a.locks(t, "k", lock.Exclusive)
			a.table.Abort(a.owner)
			b.locks(t, "k", lock.Exclusive)
			require.ErrorIs(t, <-a.asks(t.Context(), "other", lock.Shared), lock.ErrAborted)
			require.True(t, a.table.Aborted(a.owner))
		},
		"who gives up waiting stands in nobody's way": func(t *testing.T, a, b, c player) {
			a.locks(t, "k", lock.Shared)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			writer := b.asks(ctx, "k", lock.Exclusive)
			reader := c.asks(t.Context(), "k", lock.Shared)
			require.ErrorIs(t, <-writer, context.DeadlineExceeded)
			require.NoError(t, <-reader)
		},
		"what is held already is granted again": func(t *testing.T, a, b, _ player) {
			a.locks(t, "k", lock.Exclusive)
			a.locks(t, "k", lock.Shared)
			a.locks(t, "k", lock.Intent)
			waits(t, b.asks(t.Context(), "k", lock.Shared))
			a.releases()
		},
	}
	for name, run := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var table lock.Table
				players := make([]player, 3)
				for i := range players {
					players[i] = player{&table, lock.NewOwner(int64(i), false)}
				}
				defer func() {
					for _, p := range players {
						table.Abort(p.owner)
					}
				}()
				run(t, players[0], players[1], players[2])
			})
		})
	}
}

func TestAPlainCommitIsNeverTheVictim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var table lock.Table
		older := player{&table, lock.NewOwner(1, false)}
		plain := player{&table, lock.NewOwner(9, true)}
		older.locks(t, "x", lock.Shared)
		plain.locks(t, "y", lock.Exclusive)
		commit := plain.asks(t.Context(), "x", lock.Exclusive)
		require.ErrorIs(t, <-older.asks(t.Context(), "y", lock.Shared), lock.ErrAborted)
		require.NoError(t, <-commit)
	})
}
