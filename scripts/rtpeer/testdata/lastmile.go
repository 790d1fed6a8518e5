package main

import (
	"fmt"
	"os"
)

// The gateway of this project as one more peer, by kind of event.
func init() {
	for _, kind := range []string{"durable", "certain", "latest"} {
		peers = append(peers, &Peer{
			Name: "lastmile-" + kind,
			Argv: func(i, port int, redis string) ([]string, []string) {
				return []string{os.Getenv("RTPEER"), "-addr", fmt.Sprintf("127.0.0.1:%d", port), "-redis", redis, "-kind", kind}, nil
			},
			Path: func(string) string { return "/v1/socket" },
			Open: func(c *wsConn, user string) error {
				if err := c.WriteText([]byte(`{"hello":{"token":"` + user + `"}}`)); err != nil {
					return err
				}
				return until(c, `"welcome"`)
			},
		})
	}
}
