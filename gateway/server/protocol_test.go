package server

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every frame that a client may send is in the documents.
func TestTheDocumentsNameEveryFrame(t *testing.T) {
	protocol, err := os.ReadFile("../PROTOCOL.md")
	require.NoError(t, err)
	async, err := os.ReadFile("../asyncapi.yaml")
	require.NoError(t, err)
	names := []string{"welcome", "joined", "resync", "refused", "left", "renewed", "done", "failed", "move", "pong"}
	in := reflect.TypeFor[inbound]()
	for i := range in.NumField() {
		names = append(names, in.Field(i).Tag.Get("json"))
	}
	for _, name := range names {
		require.Contains(t, string(async), "\n    "+name+":", name)
		require.True(t, strings.Contains(string(protocol), "`"+name+"`") || strings.Contains(string(protocol), `{"`+name+`"`), name)
	}
}

func FuzzInbound(f *testing.F) {
	f.Add([]byte(`{"ack":{"e":"x","n":1}}`))
	f.Add([]byte(`{"hello":{"topics":{"order:1":null}}}`))
	f.Fuzz(func(t *testing.T, message []byte) {
		var in inbound
		if json.Unmarshal(message, &in) == nil && in.Hello != nil {
			_ = in.Hello.At.hub() // a missing place is none
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	message := []byte(`{"ack":{"e":"K3FJ2M4N5P6Q7R8S","n":123456}}`)
	b.ReportAllocs()
	for b.Loop() {
		var in inbound
		if err := json.Unmarshal(message, &in); err != nil {
			b.Fatal(err)
		}
	}
}
