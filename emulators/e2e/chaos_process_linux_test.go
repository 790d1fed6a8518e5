package e2e_test

import "syscall"

// endWithUs has the kernel kill a process when the thread that started it ends.
func endWithUs() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
