// Command keys prints the ring of keys that sign sessions, with a new one in it:
//
//	go run ./scripts/keys </dev/null | scripts/rotate PROJECT auth-keys      the first
//	gcloud secrets versions access latest --secret=auth-keys --project=PROJECT | go run ./scripts/keys | scripts/rotate PROJECT auth-keys
//
// Services know the new key before it signs, and keep the public half of those
// before it until what they signed has ended. What it prints is a secret.
package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"lastmile/shared/auth"
)

func main() {
	if err := rotate(os.Stdin, os.Stdout, time.Now()); err != nil {
		fmt.Fprintln(os.Stderr, "keys:", err)
		os.Exit(1)
	}
}

// maxRing bounds what is read, in bytes.
const maxRing = 64 << 10

// unset is what Terraform puts into a secret that nobody has filled.
const unset = "unset"

// rotate reads a ring, if there is one, and prints the next.
func rotate(in io.Reader, out io.Writer, now time.Time) error {
	old, err := io.ReadAll(io.LimitReader(in, maxRing))
	if err != nil {
		return err
	}
	var ring auth.Ring
	if len(old) > 0 && string(old) != unset {
		if ring, err = auth.ParseRing(string(old)); err != nil {
			return err
		}
	}
	var seed [ed25519.SeedSize]byte
	if _, err := rand.Read(seed[:]); err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(ring.Rotated(now, seed, auth.Standard(nil)))
}
