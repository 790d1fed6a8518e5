// A whole client of the gateway: goclient URL TOKEN. It prints every event once
// and in order, over any number of connections.
package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/gorilla/websocket"
)

type place struct {
	Epoch  string `json:"e"`
	Number uint64 `json:"n"`
}

type frame struct {
	place
	T               string          `json:"t"`
	S               string          `json:"s"`
	Data            json.RawMessage `json:"d"`
	Welcome, Resync *struct {
		place
		S string `json:"s"`
	}
	Move *struct{ In time.Duration }
}

var at *place // what we have seen of our own stream: keep it with what you show

func main() {
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 10*time.Second) {
		if connect(os.Args[1], os.Args[2]) {
			wait = 50 * time.Millisecond
		}
		time.Sleep(rand.N(wait))
	}
}

// connect reads until the connection ends, and reports whether we were let in.
func connect(url, token string) bool {
	d := websocket.Dialer{Subprotocols: []string{"lastmile.v1", "token." + token}}
	ws, _, err := d.Dial(url, nil)
	if err != nil {
		return false
	}
	defer ws.Close()
	err = ws.WriteJSON(map[string]any{"hello": map[string]any{"at": at}})
	acked := time.Now()
	for err == nil {
		var f frame
		if err = ws.ReadJSON(&f); err != nil {
			break
		}
		if f.Move != nil {
			time.Sleep(f.Move.In * time.Millisecond)
			return true
		}
		if take(f) && time.Since(acked) > 500*time.Millisecond {
			err, acked = ws.WriteJSON(map[string]any{"ack": at}), time.Now()
		}
	}
	return at != nil
}

// take shows an event that is new, and reports whether it counts in our place.
func take(f frame) bool {
	switch {
	case f.Welcome != nil && at == nil:
		at = &f.Welcome.place
	case f.Resync != nil && f.Resync.S == "":
		at = &f.Resync.place
		fmt.Println("fetch anew")
	case f.Number > 0 && f.S == "":
		if f.Epoch == at.Epoch && f.Number <= at.Number {
			return false
		}
		at = &place{f.Epoch, f.Number}
		fmt.Println(f.T, string(f.Data))
		return true
	case f.T != "":
		fmt.Println(f.T, string(f.Data))
	}
	return false
}
