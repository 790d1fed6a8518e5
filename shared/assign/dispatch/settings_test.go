package dispatch_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/assign"
	"lastmile/shared/assign/dispatch"
)

func TestAZoneWithoutSettingsHasThoseOfTheEngine(t *testing.T) {
	want := assign.Default()
	want.Version = 7
	require.Equal(t, want, dispatch.Standard().Engine(7))
}

func TestWhatIsLeftOutOfSettingsHasItsDefault(t *testing.T) {
	s := dispatch.Settings{Mode: dispatch.WholeZone, TargetMins: 200, Foresight: 50}.Filled()
	require.Equal(t, dispatch.Standard().AheadMins, s.AheadMins)
	require.Equal(t, 50, s.Foresight)
	require.Equal(t, 200, s.LongestMins, "no order is given up before it is late")
	require.Zero(t, s.Rounds, "this may not be left out")
	require.Equal(t, dispatch.Standard(), dispatch.Standard().Filled())
}

func TestSettingsThatMakeNoSense(t *testing.T) {
	require.NoError(t, dispatch.Standard().Check())
	s := dispatch.Standard()
	s.Mode, s.Broadcast, s.Rings = "chaos", 99, []int{5}
	err := s.Check()
	require.ErrorIs(t, err, dispatch.ErrInvalid)
	for _, field := range []string{"mode", "broadcast", "ringsMetres[0]"} {
		require.ErrorContains(t, err, field, "every fault at once")
	}
}
