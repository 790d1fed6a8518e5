// Package race says whether the race detector looks on, under which everything
// takes five to ten times as long. Tests of amounts then do with fewer: the full
// amount is tried without the detector, and what the detector finds, it finds in few.
package race

// Fewer is how many of something a test tries: all, and with the race detector
// only so many.
func Fewer(all, watched int) int {
	if Enabled {
		return watched
	}
	return all
}
