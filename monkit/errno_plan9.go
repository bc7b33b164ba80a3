package monkit

import "syscall"

// errno is what system calls fail with.
type errno = syscall.ErrorString
