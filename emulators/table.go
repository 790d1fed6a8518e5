package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"lastmile/emulators/stack"
)

// chosen returns the lines of environ that name services to use.
func chosen(environ []string) []string {
	var kept []string
	for _, line := range environ {
		name, value, _ := strings.Cut(line, "=")
		if value != "" && slices.Contains(stack.Variables(), name) {
			kept = append(kept, line)
		}
	}
	return kept
}

// printTable tells a person where everything is and what to try.
func printTable(out io.Writer, s *stack.Stack) {
	fmt.Fprintf(out, "lastmile is ready at %s\n\n", s.URL)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, line := range [][2]string{
		{"API", s.URL + "/v1"},
		{"API description", s.URL + "/openapi.json"},
		{"functions", s.URL + "/functions/{name}"},
		{"Pub/Sub", s.Config.PubSubEmulator},
		{"Firestore", s.Config.FirestoreEmulator},
		{"Cloud Tasks", s.Config.TasksEmulator},
		{"Redis", s.Config.Redis + s.RedisKind()},
		{"demo provider", s.Provider.URL()},
	} {
		fmt.Fprintf(w, "  %s\t%s\n", line[0], line[1])
	}
	w.Flush()
	fmt.Fprintf(out, `
try
  export TOKEN=%s
  curl -H "Authorization: Bearer $TOKEN" %s/v1/jobs
  curl -H "Authorization: Bearer $TOKEN" %s/v1/shops/%s/items?limit=3

`, s.Operator, s.URL, s.URL, demoShop)
}
