package environment

import (
	compat "github.com/spacemonkeygo/monkit/v3"
	"monkit.example/environment"
	"monkit.example/monkit"
)

// Register adds what is known of the process, its OS and its runtime to
// registry, in the scope of this package, so that series keep their names. A
// nil registry is monkit.Default.
func Register(registry *monkit.Registry) {
	if registry == nil {
		registry = compat.Default
	}
	environment.RegisterIn(registry.Package())
}

// OS tells of what the operating system has of the process.
func OS() monkit.StatSource { return environment.OS() }

// Proc tells what Linux has in /proc/self.
func Proc() monkit.StatSource { return environment.Proc() }

// Process tells which program it is and how long it has run.
func Process() monkit.StatSource { return environment.Process() }

// Runtime tells of Go's runtime.
func Runtime() monkit.StatSource { return environment.Runtime() }

// Rusage tells what the process has used, as getrusage has it.
func Rusage() monkit.StatSource { return environment.Rusage() }
