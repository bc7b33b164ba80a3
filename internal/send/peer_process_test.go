package send

import (
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// envPeer makes TestMain turn the process into a peer at this address.
const envPeer = "SEND_TEST_PEER"

// servePeer writes what each connection to addr has to standard output, until the
// process is killed.
func servePeer(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go io.Copy(os.Stdout, c) // its error is the end of the connection
	}
}

// A peerProcess is a peer of its own.
type peerProcess struct {
	cmd  *exec.Cmd
	text logText // what it has read
}

func startPeer(t *testing.T, addr string) *peerProcess {
	t.Helper()
	p := &peerProcess{cmd: exec.Command(os.Args[0])}
	p.cmd.Env = append(os.Environ(), envPeer+"="+addr)
	p.cmd.Stdout, p.cmd.Stderr = &p.text, os.Stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	return p
}

// kill ends the process, if it runs, and returns when it is gone.
func (p *peerProcess) kill() {
	p.cmd.Process.Kill() // has no effect if the process has ended
	p.cmd.Wait()         // its error is that the process was killed
}

// lines returns the whole lines that the process has read.
func (p *peerProcess) lines() []string {
	text := p.text.String()
	return strings.SplitAfter(text[:strings.LastIndexByte(text, '\n')+1], "\n")
}

// waitLine returns once the process has read line.
func (p *peerProcess) waitLine(t *testing.T, line string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		lines := p.lines()
		if n := len(lines); n > 1 && lines[n-2] == line {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the peer has read %d lines, the last of which is not %q", len(lines)-1, line)
		}
	}
}
