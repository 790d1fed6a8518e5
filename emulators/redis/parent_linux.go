package redis

import "syscall"

// dieWithParent has the kernel kill the process when the thread that started it
// ends, which the child keeps alive as long as this process lives.
func dieWithParent(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGKILL }
