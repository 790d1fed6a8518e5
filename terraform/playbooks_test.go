package terraform_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/stretchr/testify/require"
)

var (
	playbook = regexp.MustCompile(`(?m)^### (\w+)$`)
	named    = regexp.MustCompile(`section \\?"(\w+)\\?"`)
)

// Whoever an alert wakes reads that section of OPERATIONS.md.
func TestEveryAlertHasAPlaybook(t *testing.T) {
	content, err := os.ReadFile("OPERATIONS.md")
	require.NoError(t, err)
	var sections []string
	for _, m := range playbook.FindAllStringSubmatch(string(content), -1) {
		sections = append(sections, m[1])
	}
	needed := alerts(t)
	for name, policy := range resources(t, "google_monitoring_alert_policy") {
		says := block(policy, "documentation")
		require.NotNil(t, says, "%s does not say what to do", name)
		for _, text := range texts(says) {
			if m := named.FindStringSubmatch(text); m != nil {
				needed = append(needed, m[1])
			}
		}
	}
	slices.Sort(needed)
	require.ElementsMatch(t, slices.Compact(needed), sections, "each alert has a section ### of its name in OPERATIONS.md, and each such section its alert")
}

// alerts are the keys of the table that alert policies are made from.
func alerts(t *testing.T) []string {
	t.Helper()
	locals := block(parse(t, "modules/observability/alerts.tf"), "locals")
	table, ok := locals.Attributes["alerts"].Expr.(*hclsyntax.ObjectConsExpr)
	require.True(t, ok, "alerts is no table")
	var names []string
	for _, i := range table.Items {
		key, problems := i.KeyExpr.Value(nil)
		require.False(t, problems.HasErrors(), problems.Error())
		names = append(names, key.AsString())
	}
	require.NotEmpty(t, names)
	return names
}
