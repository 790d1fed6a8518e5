package server

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
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

// Every code that a connection is closed with is explained, and no other is.
func TestTheProtocolExplainsEveryCode(t *testing.T) {
	protocol, err := os.ReadFile("../PROTOCOL.md")
	require.NoError(t, err)
	source, err := os.ReadFile("../hub/code.go")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(protocol), "## Why a connection is closed")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\nBefore the upgrade")
	code := regexp.MustCompile(`\b(1\d{3}|4\d{3})\b`)
	var closes []string
	for _, line := range strings.Split(string(source), "\n") {
		if strings.Contains(line, "Code") && !strings.Contains(line, "never sent") {
			closes = append(closes, code.FindAllString(line, -1)...)
		}
	}
	require.NotEmpty(t, closes)
	explained := code.FindAllString(table, -1)
	require.Subset(t, explained, closes)
	require.Subset(t, append(closes, "1003", "1007", "1009", "1002"), explained, "those of the WebSocket itself, and ours")
}

// What frames say of an event is what the document says.
func TestTheDocumentHasTheFieldsOfEveryFrame(t *testing.T) {
	async, err := os.ReadFile("../asyncapi.yaml")
	require.NoError(t, err)
	for name, body := range map[string]reflect.Type{
		"hello": reflect.TypeFor[hello](), "sub": reflect.TypeFor[subscribe](), "ack": reflect.TypeFor[place](), "send": reflect.TypeFor[upstream](),
		"welcome": reflect.TypeFor[welcome](), "joined": reflect.TypeFor[streamed](), "resync": reflect.TypeFor[streamed](),
		"refused": reflect.TypeFor[explained](), "left": reflect.TypeFor[explained](), "done": reflect.TypeFor[explained](), "failed": reflect.TypeFor[explained](),
		"renewed": reflect.TypeFor[renewed](), "move": reflect.TypeFor[move](),
	} {
		require.Contains(t, string(async), "\n    "+name+":", name)
		for _, field := range fields(body) {
			require.Regexp(t, `[{ ]`+field+`:`, string(async), "%s.%s", name, field)
		}
	}
}

// fields are the JSON names of a struct.
func fields(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		if f := t.Field(i); f.Anonymous {
			names = append(names, fields(f.Type)...)
		} else {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			names = append(names, name)
		}
	}
	return names
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
