package e2e_test

import (
	"context"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/bus"
	"lastmile/shared/docs"
	"lastmile/shared/event"
)

// The variables by which a test runs this program again, as the process that is
// to be killed.
const (
	victimFirestore = "LASTMILE_TEST_VICTIM_FIRESTORE"
	victimProject   = "LASTMILE_TEST_VICTIM_PROJECT"
)

// killer is a bus on which a process dies the moment it would publish.
type killer struct{}

func (killer) Send(context.Context, ...bus.Message) error {
	if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
		return err
	}
	select {} // until the signal arrives
}

// TestVictim is no test, but the process that TestAKillBetweenCommitAndPublish
// starts: it commits an effect with its event, and is killed before it
// publishes.
func TestVictim(t *testing.T) {
	addr := os.Getenv(victimFirestore)
	if addr == "" {
		t.Skip("runs only as a child of TestAKillBetweenCommitAndPublish")
	}
	db, err := docs.Open(t.Context(), docs.Options{Project: os.Getenv(victimProject), EmulatorHost: addr, Publisher: killer{}})
	require.NoError(t, err)
	err = db.Commit(t.Context(), docs.In[amount](db, "counted").Create("victim", amount{N: 1}),
		docs.Emit(&followed{Header: event.Header{ID: event.DeriveID("victim")}, N: 1}))
	t.Fatalf("still alive: %v", err)
}

func TestAKillBetweenCommitAndPublish(t *testing.T) {
	p := newPlant(t)
	p.deploy(t, follower(p))
	self, err := os.Executable()
	require.NoError(t, err)
	victim := exec.CommandContext(t.Context(), self, "-test.run=^TestVictim$")
	victim.Env = append(os.Environ(), victimFirestore+"="+p.Firestore.Addr(), victimProject+"="+p.Config.Project)
	var exit *exec.ExitError
	require.ErrorAs(t, victim.Run(), &exit)
	status, ok := exit.Sys().(syscall.WaitStatus)
	require.True(t, ok)
	require.Equal(t, syscall.SIGKILL, status.Signal(), "the process ended otherwise: %s", victim)

	require.Equal(t, 1, p.sum(t, "counted"), "the effect was committed")
	require.Zero(t, p.sum(t, "followed"), "nothing was published")
	n, err := p.db.SweepOutbox(t.Context(), time.Now().Add(time.Minute), 100)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	p.settle(t)
	require.Equal(t, 1, p.sum(t, "followed"), "the sweep published what the crash left")
	again, err := p.db.SweepOutbox(t.Context(), time.Now().Add(time.Minute), 100)
	require.NoError(t, err)
	require.Zero(t, again, "and published it once")
}
