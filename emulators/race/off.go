//go:build !race

package race

// Enabled is true where the race detector looks on.
const Enabled = false
