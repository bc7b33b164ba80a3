package safelog

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pipe is a writer that fails or blocks as a test wants.
type pipe struct {
	mu     sync.Mutex
	text   strings.Builder // guarded by mu
	err    error           // guarded by mu
	opened chan struct{}   // writes wait until it is closed; nil never blocks
}

func (p *pipe) Write(b []byte) (int, error) {
	if p.opened != nil {
		<-p.opened
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return 0, p.err
	}
	return p.text.Write(b)
}

func (p *pipe) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = err
}

func (p *pipe) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

func note(lost int64) []byte { return fmt.Appendf(nil, "%d lost\n", lost) }

func TestLinesThatCannotBeWrittenAreCountedAndNoted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pipe{}
		w := NewWriter(p, note)
		fmt.Fprintln(w, "a")
		synctest.Wait()
		p.fail(errors.New("broken pipe"))
		for range 3 {
			if n, err := io.WriteString(w, "b\n"); n != 2 || err != nil {
				t.Errorf("Write() = %d, %v", n, err)
			}
		}
		synctest.Wait()
		if w.Lost() != 3 {
			t.Errorf("%d lines are lost, want 3", w.Lost())
		}
		p.fail(nil)
		fmt.Fprintln(w, "c")
		fmt.Fprintln(w, "d")
		w.Close(time.Second)
		if got := p.String(); got != "a\n3 lost\nc\nd\n" || w.Lost() != 3 {
			t.Errorf("written %q, lost %d", got, w.Lost())
		}
		fmt.Fprintln(w, "e")
		if w.Lost() != 4 {
			t.Errorf("a line after Close is not counted: %d", w.Lost())
		}
	})
}

// A reader that hangs must not stop the program that logs.
func TestWriteDoesNotWaitForAWriterThatBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pipe{opened: make(chan struct{})}
		w := NewWriter(p, note)
		line := strings.Repeat("x", 1023) + "\n"
		for range 2 * maxWaiting / len(line) {
			io.WriteString(w, line)
			synctest.Wait()
		}
		if got := w.Lost(); got != maxWaiting/int64(len(line)) {
			t.Errorf("%d lines are lost, want half", got)
		}
		close(p.opened)
		w.Close(time.Second)
		if got := p.String(); strings.Count(got, line) != maxWaiting/len(line) || !strings.HasPrefix(got, "256 lost\n") && !strings.Contains(got, "\n256 lost\n") {
			t.Errorf("written %d lines, with the notes %q", strings.Count(got, line), strings.ReplaceAll(got, line, ""))
		}
	})
}

func TestCloseWaitsForAWriterThatBlocksOnlySoLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pipe{opened: make(chan struct{})}
		w := NewWriter(p, nil)
		fmt.Fprintln(w, "a")
		fmt.Fprintln(w, "b")
		start := time.Now()
		w.Close(time.Second)
		if took := time.Since(start); took != time.Second || w.Lost() != 2 {
			t.Errorf("Close took %v, and %d lines are lost", took, w.Lost())
		}
		p.fail(errors.New("closed"))
		close(p.opened)
		synctest.Wait()
		if w.Lost() != 2 {
			t.Errorf("a line is counted twice: %d", w.Lost())
		}
	})
}

func TestLineLargerThanTheRoomIsWritten(t *testing.T) {
	p := &pipe{}
	w := NewWriter(p, nil)
	large := strings.Repeat("x", 2*maxWaiting)
	io.WriteString(w, large)
	w.Close(10 * time.Second)
	if p.String() != large || w.Lost() != 0 {
		t.Errorf("written %d bytes, lost %d", len(p.String()), w.Lost())
	}
}
