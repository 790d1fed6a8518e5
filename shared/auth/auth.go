// Package auth says who calls.
package auth
