//go:build unix

package send

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// A peer's system acknowledges lines that its process has not read, and the process
// is killed. The next process gets them.
func TestLinesThatAStoppedPeerHasNotReadAreSentAgain(t *testing.T) {
	addr := freeAddr(t)
	first := startPeer(t, addr)
	s := New(open(t, "tcp://"+addr, DialOptions{}), fast)
	read := string(numbered(0, 1000))
	mustSend(t, s, read, 1000)
	first.waitLine(t, "line.999 1 1700000000\n")
	if err := first.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(first.cmd.Process.Pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
		t.Fatalf("the peer is %v, %v", status, err)
	}
	unread := string(numbered(1000, 1000))
	mustSend(t, s, unread, 1000)
	if err := s.Flush(within(t, 20*time.Second)); err != nil {
		t.Fatal(err)
	}
	checkLedger(t, s, "accepted=2000 delivered=2000 dropped=0 pending=0")
	first.kill()
	if none := missing(strings.SplitAfter(unread, "\n")[:1000], strings.Join(first.lines(), "")); len(none) != 1000 {
		t.Fatalf("the process that was stopped has read %d lines", 1000-len(none))
	}

	second := startPeer(t, addr)
	second.waitLine(t, "line.1999 1 1700000000\n")
	if err := s.Close(within(t, 20*time.Second)); err != nil {
		t.Error(err)
	}
	got := strings.Join(append(first.lines(), second.lines()...), "")
	if none := missing(strings.SplitAfter(read+unread, "\n")[:2000], got); len(none) > 0 {
		t.Errorf("%d lines are lost, such as %q", len(none), none[0])
	}
	if l := s.Ledger(); l.Recalled < 1000 {
		t.Errorf("the lines that were not read are not recalled: %v", l)
	}
	checkLedgerWithRecalls(t, s, "accepted=2000 delivered=2000 dropped=0 pending=0")
}
