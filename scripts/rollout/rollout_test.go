package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// cloud is a project with services, as far as gcloud shows it.
type cloud struct {
	mu     sync.Mutex
	state  map[string][]target // by service
	calls  []string
	fails  string // a command that contains this fails
	failed int    // calls that new revisions have failed
}

func newCloud(services ...string) *cloud {
	c := &cloud{state: map[string][]target{}}
	for _, s := range services {
		c.state[s] = []target{{Revision: s + "-old", Percent: 100}}
	}
	return c
}

func (c *cloud) run(_ context.Context, args ...string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	line := strings.Join(args, " ")
	c.calls = append(c.calls, line)
	if c.fails != "" && strings.Contains(line, c.fails) {
		return "", errors.New("the cloud says no")
	}
	switch {
	case strings.HasPrefix(line, "logging read"):
		return strings.Repeat("503\n", c.failed), nil
	case strings.HasPrefix(line, "run deploy"):
		c.tag(args[2], option(args, "--tag"), args[2]+"-new")
	case strings.HasPrefix(line, "run services describe"):
		var s state
		s.Status.Traffic = c.state[args[3]]
		out, err := json.Marshal(s)
		return string(out), err
	case strings.HasPrefix(line, "run services update-traffic"):
		c.update(args[3], args)
	}
	return "", nil
}

func (c *cloud) update(service string, args []string) {
	for pair := range strings.SplitSeq(option(args, "--update-tags"), ",") {
		if name, revision, ok := strings.Cut(pair, "="); ok {
			c.tag(service, name, revision)
		}
	}
	name, percent, ok := strings.Cut(option(args, "--to-tags"), "=")
	if !ok {
		return
	}
	n, _ := strconv.Atoi(percent)
	targets := c.state[service]
	for i := range targets {
		switch {
		case targets[i].Tag == name:
			targets[i].Percent = n
		case targets[i].Percent > 0:
			targets[i].Percent = 100 - n
		}
	}
}

func (c *cloud) tag(service, name, revision string) {
	for i, t := range c.state[service] {
		if t.Tag == name {
			c.state[service][i].Revision = revision
			return
		}
	}
	c.state[service] = append(c.state[service], target{Revision: revision, Tag: name, URL: fmt.Sprintf("https://%s---%s.run.app", name, service)})
}

// traffic is the revision that gets everything, by service.
func (c *cloud) traffic(service string) string {
	shares := map[string]int{}
	for _, t := range c.state[service] {
		shares[t.Revision] += t.Percent
	}
	for revision, percent := range shares {
		if percent == 100 {
			return revision
		}
	}
	return fmt.Sprint(shares)
}

func option(args []string, name string) string {
	for _, a := range args {
		if v, ok := strings.CutPrefix(a, name+"="); ok {
			return v
		}
	}
	return ""
}

var services = []string{"api", "sweep", gatewayName}

func roll(t *testing.T, c *cloud, args ...string) error {
	t.Helper()
	topology := filepath.Join(t.TempDir(), "topology.json")
	require.NoError(t, os.WriteFile(topology, []byte(`{"functions":[{"name":"api"},{"name":"sweep"}],"gateway":{"name":"gateway"}}`), 0o600))
	return run(t.Context(), append(args, "-project=p", "-region=r", "-topology="+topology, "-watch=0s"), c)
}

func deployed(t *testing.T) *cloud {
	c := newCloud(services...)
	require.NoError(t, roll(t, c, "deploy", "-functions=f@sha256:1", "-gateway=g@sha256:2", "-tag=c-1"))
	return c
}

func TestADeploymentGetsNoTraffic(t *testing.T) {
	c := deployed(t)
	for _, s := range services {
		require.Equal(t, s+"-old", c.traffic(s))
	}
	require.Contains(t, strings.Join(c.calls, "\n"), "run deploy gateway --image=g@sha256:2 --no-traffic --tag=c-1")
	require.Contains(t, strings.Join(c.calls, "\n"), "run deploy api --image=f@sha256:1 --no-traffic --tag=c-1")
}

func TestSmokeCallsEveryNewRevision(t *testing.T) {
	c := deployed(t)
	require.NoError(t, roll(t, c, "smoke", "-functions=f@sha256:1", "-tag=c-1"))
	require.Contains(t, c.calls[len(c.calls)-1], "--args=https://c-1---api.run.app,https://c-1---sweep.run.app,https://c-1---gateway.run.app")
	require.ErrorContains(t, roll(t, c, "smoke", "-functions=f", "-tag=c-2"), "deploy it first")
}

func TestPromotionRollbackAndBack(t *testing.T) {
	c := deployed(t)
	require.NoError(t, roll(t, c, "promote", "-tag=c-1", "-steps=5,100"))
	for _, s := range services {
		require.Equal(t, s+"-new", c.traffic(s), s)
	}
	first := strings.Index(strings.Join(c.calls, "\n"), "update-traffic gateway --to-tags=c-1")
	last := strings.LastIndex(strings.Join(c.calls, "\n"), "--to-tags=c-1=100")
	require.Equal(t, first, strings.Index(strings.Join(c.calls, "\n"), "update-traffic gateway --to-tags=c-1=100"), "the gateway goes in one step")
	require.GreaterOrEqual(t, last, first, "and last")

	require.NoError(t, roll(t, c, "rollback"))
	for _, s := range services {
		require.Equal(t, s+"-old", c.traffic(s), s)
	}
	require.NoError(t, roll(t, c, "reland"))
	for _, s := range services {
		require.Equal(t, s+"-new", c.traffic(s), s)
	}
}

func TestAPromotionGoesBackByItself(t *testing.T) {
	tests := map[string]func(*cloud){
		"when new revisions fail": func(c *cloud) { c.failed = 100 },
		"when a step fails":       func(c *cloud) { c.fails = "update-traffic sweep --to-tags=c-1=50" },
	}
	for name, harm := range tests {
		t.Run(name, func(t *testing.T) {
			c := deployed(t)
			harm(c)
			require.Error(t, roll(t, c, "promote", "-tag=c-1", "-steps=50,100"))
			for _, s := range services {
				require.Equal(t, s+"-old", c.traffic(s), s)
			}
		})
	}
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	tests := map[string]struct {
		args []string
		says string
	}{
		"no verb":                  {nil, "none of deploy"},
		"another verb":             {[]string{"destroy"}, "none of deploy"},
		"no image":                 {[]string{"deploy", "-tag=c-1"}, "deploy needs -functions, -gateway"},
		"no tag":                   {[]string{"promote"}, "promote needs -tag"},
		"percents that go back":    {[]string{"promote", "-tag=c-1", "-steps=50,20,100"}, "must grow"},
		"percents that stop short": {[]string{"promote", "-tag=c-1", "-steps=50"}, "end with 100"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := newCloud(services...)
			if test.args == nil {
				require.ErrorContains(t, run(t.Context(), nil, c), test.says)
				return
			}
			require.ErrorContains(t, roll(t, c, test.args...), test.says)
			require.Empty(t, c.calls)
		})
	}
}
