//go:build !linux

package e2e_test

import "syscall"

// endWithUs can be had on Linux only: elsewhere kill -9 of the tests leaves
// processes behind.
func endWithUs() *syscall.SysProcAttr { return nil }
