package server

import (
	"os"
	"runtime/debug"
)

// garbage is the percentage of what is held that may be waiting to be collected.
// Most of what a gateway holds are connections, which live long and cost little
// to look through.
const garbage = 50

// SpareMemory makes a process that does nothing but hold connections need less for
// each, unless GOGC says otherwise.
func SpareMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
}
