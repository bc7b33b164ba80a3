//go:build unix

package servers

import (
	"syscall"
	"testing"
)

// Suspend stops the server without ending it: its system goes on acknowledging
// what it is sent, and the server reads nothing.
func (p *Process) Suspend(t testing.TB) {
	t.Helper()
	p.signal(t, syscall.SIGSTOP)
}

// Resume lets a server go on that was suspended.
func (p *Process) Resume(t testing.TB) {
	t.Helper()
	p.signal(t, syscall.SIGCONT)
}

func (p *Process) signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatalf("%s: %v", p.name, err)
	}
}
