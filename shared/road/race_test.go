//go:build race

package road_test

// stride is how many rows of the golden files make one that is tried: under the
// race detector all of them would take half a minute.
const stride = 20
