// A whole client of the gateway: goclient URL TOKEN. It prints every event once
// and in order, over any number of connections.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

type place struct {
	Epoch  string `json:"e"`
	Number uint64 `json:"n"`
}

type frame struct {
	place
	Stream          string          `json:"s"` // "" is our own
	Kind            string          `json:"t"`
	Data            json.RawMessage `json:"d"`
	Welcome, Resync *frame
	Move            *struct{ In time.Duration }
}

var (
	at   atomic.Pointer[place] // what we have seen of our own stream: keep it with what you show
	wait time.Duration
)

func main() {
	for {
		if err := follow(os.Args[1], os.Args[2]); websocket.IsCloseError(err, 4001, 4010) {
			log.Fatal(err)
		}
		wait = min(2*wait+50*time.Millisecond, 10*time.Second)
		time.Sleep(rand.N(wait))
	}
}

func follow(url, token string) error {
	d := websocket.Dialer{Subprotocols: []string{"lastmile.v1", "token." + token}}
	ws, _, err := d.Dial(url, nil)
	if err != nil {
		return err
	}
	defer ws.Close()
	if err := ws.WriteJSON(map[string]any{"hello": map[string]any{"at": at.Load()}}); err != nil {
		return err
	}
	done := make(chan struct{})
	defer close(done)
	go acknowledge(ws, done)
	for {
		var f frame
		if err := ws.ReadJSON(&f); err != nil {
			return err
		}
		seen := at.Load()
		switch {
		case f.Welcome != nil:
			if wait = 0; seen == nil {
				at.Store(&f.Welcome.place)
			}
		case f.Resync != nil && f.Resync.Stream == "":
			at.Store(&f.Resync.place)
			fmt.Println("fetch anew")
		case f.Move != nil:
			wait = f.Move.In * time.Millisecond
			return nil
		case f.Number == 0 || f.Stream != "":
			if f.Kind != "" {
				fmt.Println(f.Kind, string(f.Data))
			}
		case f.Epoch != seen.Epoch || f.Number > seen.Number:
			at.Store(&f.place)
			fmt.Println(f.Kind, string(f.Data))
		}
	}
}

// acknowledge says twice a second how far we have come, if that is news.
func acknowledge(ws *websocket.Conn, done chan struct{}) {
	for acked := (*place)(nil); ; {
		select {
		case <-done:
			return
		case <-time.After(500 * time.Millisecond):
		}
		if seen := at.Load(); seen != acked {
			_ = ws.WriteJSON(map[string]any{"ack": seen}) // whoever reads notices
			acked = seen
		}
	}
}
