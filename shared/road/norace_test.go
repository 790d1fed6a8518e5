//go:build !race

package road_test

// stride is how many rows of the golden files make one that is tried.
const stride = 1
