package monkit

import "syscall"

// errno is the type of the errors of system calls.
type errno = syscall.ErrorString
