//go:build unix && !linux

package redis

import "syscall"

// dieWithParent can be had on Linux only: elsewhere kill -9 of this process
// leaves the child behind.
func dieWithParent(*syscall.SysProcAttr) {}
