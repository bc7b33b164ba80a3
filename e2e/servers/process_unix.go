//go:build unix

package servers

import (
	"syscall"
	"testing"
)

// Suspend stops the server without ending it: its system goes on acknowledging
// what it is sent, and the server reads nothing.
func (p *Process) Suspend(t testing.TB) { p.signal(t, syscall.SIGSTOP) }

// Resume lets a suspended server go on.
func (p *Process) Resume(t testing.TB) { p.signal(t, syscall.SIGCONT) }

func (p *Process) signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatalf("%v to %s: %v", s, p.name, err)
	}
}
