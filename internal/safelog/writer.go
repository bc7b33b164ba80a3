package safelog

import (
	"io"
	"sync"
	"time"
)

// maxWaiting bounds the bytes that wait for the writer of a Writer.
const maxWaiting = 256 << 10

// A Writer passes lines on to a writer that may fail or block, such as stderr with
// a pipe behind it whose reader ended or hangs. Write does neither: a line that
// cannot be written, or for which there is no room, is counted as lost. Its
// methods may be called from any goroutine.
type Writer struct {
	to   io.Writer
	note func(lost int64) []byte
	wake chan struct{} // holds a value if run must look at waiting
	done chan struct{} // closed when run has returned

	mu      sync.Mutex
	waiting [][]byte // guarded by mu
	size    int      // guarded by mu; bytes of waiting, and of the line that is being written
	lost    int64    // guarded by mu
	noted   int64    // guarded by mu; lost lines of which a note was written
	closed  bool     // guarded by mu
	left    bool     // guarded by mu; Close has returned before run
}

// NewWriter returns a Writer to w. When w can be written again, note returns a
// line about how many lines were lost, which is written first. Nil means that
// there is none. It starts a goroutine, which Close joins.
func NewWriter(w io.Writer, note func(lost int64) []byte) *Writer {
	l := &Writer{to: w, note: note, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go l.run()
	return l
}

// Write implements io.Writer. It takes p as one line, and never fails. A line that
// is larger than what may wait is taken if nothing else waits.
func (l *Writer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.size > 0 && l.size+len(p) > maxWaiting {
		l.lost++
		return len(p), nil
	}
	l.waiting = append(l.waiting, append([]byte(nil), p...))
	l.size += len(p)
	l.notify()
	return len(p), nil
}

func (l *Writer) notify() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Lost returns how many lines were not written.
func (l *Writer) Lost() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost
}

// Close writes what waits, for at most the time. It counts the rest, and all later
// lines, as lost. If the writer blocks for longer, Close leaves the goroutine to
// it.
func (l *Writer) Close(most time.Duration) {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.notify()
	timeout := time.NewTimer(most)
	defer timeout.Stop()
	select {
	case <-l.done:
	case <-timeout.C:
		l.giveUp()
	}
}

// giveUp counts what waits as lost, with the line that is being written.
func (l *Writer) giveUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lost += int64(len(l.waiting))
	if l.size > 0 {
		l.lost++
	}
	l.waiting, l.left = nil, true
}

// run writes lines until Close has been called and none waits.
func (l *Writer) run() {
	defer close(l.done)
	for range l.wake {
		for {
			line, ok := l.next()
			if !ok {
				break
			}
			l.finish(line, l.writeNote() && l.write(line))
		}
		if l.ends() {
			return
		}
	}
}

// next takes the first line that waits.
func (l *Writer) next() ([]byte, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		return nil, false
	}
	line := l.waiting[0]
	l.waiting = l.waiting[1:]
	return line, true
}

// writeNote writes that lines were lost since the last note. It reports false if
// that fails.
func (l *Writer) writeNote() bool {
	l.mu.Lock()
	lost, noted := l.lost, l.noted
	l.mu.Unlock()
	if lost == noted || l.note == nil {
		return true
	}
	if !l.write(l.note(lost - noted)) {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.noted = lost
	return true
}

func (l *Writer) write(line []byte) bool {
	n, err := l.to.Write(line)
	return err == nil && n == len(line)
}

// finish makes room for another line, and counts one that was not written.
func (l *Writer) finish(line []byte, written bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.size -= len(line)
	if !written && !l.left {
		l.lost++
	}
}

// ends reports whether the Writer is closed and nothing waits.
func (l *Writer) ends() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed && len(l.waiting) == 0
}
