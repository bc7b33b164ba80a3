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
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatalf("%s: %v", p.name, err)
	}
}
