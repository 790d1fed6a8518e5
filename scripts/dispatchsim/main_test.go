package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const day = `{"type":"start","meters_per_minute":300,"travel_rounding":"ceil-second","pickup_service_s":240,"dropoff_service_s":240,"target_click_to_door_s":2400,"max_click_to_door_s":5400,"period_s":60}
`

func TestADueOrderIsOfferedToWhoIsNearest(t *testing.T) {
	var out bytes.Buffer
	in := day + `{"type":"decide","now":36000,"orders":[{"id":"o1","restaurant":"r1","dx":900,"placed":35900,"ready":36060}],"couriers":[{"id":"far","x":3000,"off":50000,"idle":true},{"id":"near","x":300,"off":50000,"idle":true}]}
`
	require.NoError(t, run(nil, strings.NewReader(in), &out))
	require.JSONEq(t, `{"offers":[{"orders":["o1"],"couriers":["near"],"expires_s":30}]}`, out.String())
}

func TestACourierWhoShouldBeFreeButIsNotGetsNoOffer(t *testing.T) {
	var out bytes.Buffer
	in := day + `{"type":"decide","now":36000,"orders":[{"id":"o1","restaurant":"r1","placed":35900,"ready":36000}],"couriers":[{"id":"c","free_at":35000,"off":50000,"idle":false}]}
`
	require.NoError(t, run(nil, strings.NewReader(in), &out))
	require.JSONEq(t, `{"offers":[]}`, out.String())
}

func TestWhatIsNotTheProtocolIsRefused(t *testing.T) {
	var out bytes.Buffer
	require.ErrorContains(t, run(nil, strings.NewReader(`{"type":"stop"}`+"\n"), &out), "start or decide")
	require.ErrorContains(t, run([]string{"-config", "{"}, strings.NewReader(""), &out), "-config")
}

func TestTheJudgeFindsNoBrokenRule(t *testing.T) {
	data := os.Getenv("LASTMILE_TESTDATA")
	if data == "" {
		data = "../../../shared/data"
	}
	judge, err := filepath.Abs(filepath.Join(data, "../judge/dispatch"))
	require.NoError(t, err)
	if _, err := os.Stat(judge); err != nil {
		t.Skip("the judge of dispatch engines is not on this machine: ", judge)
	}
	dir := t.TempDir()
	build(t, judge, filepath.Join(dir, "judge"))
	build(t, ".", filepath.Join(dir, "sim"))
	for mode, engine := range map[string]string{"obedient": "sim", "gig": "sim -gig"} {
		report := filepath.Join(dir, mode)
		cmd := exec.Command(filepath.Join(dir, "judge"), "-data", filepath.Join(judge, "../../data/mdrp"), "-instances", "0o50t100s1p100",
			"-travel", "ceil-second", "-mode", mode, "-policy", "exec:"+filepath.Join(dir, engine), "-out", report)
		said, err := cmd.CombinedOutput()
		require.NoError(t, err, string(said))

		written, err := os.ReadFile(report)
		require.NoError(t, err)
		var result struct {
			Undelivered float64  `json:"undelivered_pct"`
			Violations  []string `json:"violations"`
		}
		require.NoError(t, json.Unmarshal(written, &result))
		require.Empty(t, result.Violations)
		require.Less(t, result.Undelivered, 1.0, mode)
	}
}

func build(t *testing.T, dir, to string) {
	t.Helper()
	cmd := exec.Command("go", "build", "-o", to, ".")
	cmd.Dir = dir
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, string(said))
}
