// Package clients proves that the protocol is as simple as it looks: testdata
// holds a whole client in Go and one in JavaScript, and the test runs them
// through a change of gateways.
package clients
