package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"lastmile/emulators/stack"
	"lastmile/gateway/server"
	"lastmile/shared/auth"
	"lastmile/shared/realtime"
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
func printTable(ctx context.Context, out io.Writer, s *stack.Stack) error {
	you, err := s.SignIn(ctx, auth.Operator, "you")
	if err != nil {
		return err
	}
	pass, err := s.Pass(server.Identity{Client: realtime.Client("operator", "demo"), Topics: []string{"*:*"}})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "lastmile is ready at %s\n\n", s.URL)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, line := range [][2]string{
		{"console", s.URL + "/ (sign in with " + you.Handle + ")"},
		{"API", s.URL + "/v1"},
		{"API description", s.URL + "/openapi.json"},
		{"gateway", strings.Replace(s.URL, "http", "ws", 1) + "/gateway/v1/socket"},
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
  export TOKEN=%s PASS=%s
  curl -H "Authorization: Bearer $TOKEN" %[3]s/v1/jobs
  curl -H "Authorization: Bearer $TOKEN" "%[3]s/v1/shops/%[4]s/items?limit=3"

and in two terminals, who watches a courier and the courier that moves
  curl -N -H "Authorization: Bearer $PASS" -d '{"topics":{"courier:7":null}}' %[3]s/gateway/v1/events
  curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \
    -d "{\"fixes\":[{\"at\":\"$(date -u +%%FT%%TZ)\",\"seq\":1,\"lat\":35.9,\"lng\":14.5}]}" %[3]s/v1/couriers/7/locations

`, s.Operator, pass, s.URL, demoShop)
	return nil
}
