package environment

import (
	compat "github.com/spacemonkeygo/monkit/v3"
	"monkit.example/environment"
	"monkit.example/monkit"
)

// Register adds metrics of the process, its operating system and Go's runtime
// to registry. They are in the scope of this package, so that series keep their
// names. If registry is nil, Register uses the Default of the library's root
// package.
func Register(registry *monkit.Registry) {
	if registry == nil {
		registry = compat.Default
	}
	environment.RegisterIn(registry.Package())
}

// OS returns what the operating system reports about the process.
func OS() monkit.StatSource { return environment.OS() }

// Proc returns what Linux reports in /proc/self.
func Proc() monkit.StatSource { return environment.Proc() }

// Process returns the identity of the program and the time since its start.
func Process() monkit.StatSource { return environment.Process() }

// Runtime returns what Go's runtime reports.
func Runtime() monkit.StatSource { return environment.Runtime() }

// Rusage returns what getrusage reports about the process.
func Rusage() monkit.StatSource { return environment.Rusage() }
