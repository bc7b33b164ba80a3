package listen

import (
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"

	"monkit.example/reporters/ledger"
)

// crowd is splitters of one host that hold unfinished lines.
type crowd []*splitter

func (c *crowd) grow(t *testing.T, b *bufferBudget, host string) (dropped int64) {
	t.Helper()
	for range 600 {
		s := &splitter{max: 64 << 10, budget: shareOf(b, host)}
		_, lost := feedLines(s, strings.Repeat("x", 60<<10))
		*c, dropped = append(*c, s), dropped+lost
	}
	return dropped
}

func shareOf(b *bufferBudget, host string) bufferShare {
	return bufferShare{of: b, host: netip.MustParsePrefix(host + "/32")}
}

// feedLines feeds text and returns the lines and how many were dropped.
func feedLines(s *splitter, text string) (got string, dropped int64) {
	for len(text) > 0 {
		space, lost := s.space()
		n := copy(space, text)
		lines, _ := s.add(n)
		got, dropped, text = got+string(lines), dropped+lost, text[n:]
	}
	return got, dropped
}

// Streams that never end a line cannot use more than the budget, and not the memory
// of other hosts.
func TestUnfinishedLinesOfOneHostCostNoOtherItsLines(t *testing.T) {
	var budget bufferBudget
	var all crowd
	if dropped := all.grow(t, &budget, "192.0.2.1"); dropped == 0 || budget.usage() > maxBuffers/2 || budget.usage() < maxBuffers/4 {
		t.Errorf("one host uses %d bytes, and %d lines were dropped", budget.usage(), dropped)
	}
	short, long := strings.Repeat("s", 2000)+"\n", strings.Repeat("l", 60_000)+"\n"
	good := &splitter{max: 64 << 10, budget: shareOf(&budget, "192.0.2.2")}
	for range 100 {
		if got, dropped := feedLines(good, short+long+short); got != short+long+short || dropped != 0 {
			t.Fatalf("another host: got %d bytes, %d dropped", len(got), dropped)
		}
	}
	same := &splitter{max: 64 << 10, budget: shareOf(&budget, "192.0.2.1")}
	got, dropped := feedLines(same, short+long+short)
	if got != short+short || dropped != 1 {
		t.Errorf("the same host: got %d bytes, %d dropped", len(got), dropped)
	}
	for _, host := range []string{"192.0.2.3", "192.0.2.4", "192.0.2.5"} {
		all.grow(t, &budget, host)
	}
	if used := budget.usage(); used > maxBuffers || used < maxBuffers/2 {
		t.Errorf("four hosts use %d bytes", used)
	}
	for _, s := range append(all, good, same) {
		s.release()
	}
	if used := budget.usage(); used != 0 || len(budget.hosts) != 0 {
		t.Errorf("%d bytes of %d hosts are left", used, len(budget.hosts))
	}
}

func TestMemoryOfFramesIsOfTheSameBudget(t *testing.T) {
	var budget bufferBudget
	f := frameBuffer{share: shareOf(&budget, "192.0.2.1")}
	for f.grow(1 << 20) {
	}
	if f.size > maxBuffers/2+fairSplit || f.size < maxBuffers/4 || budget.usage() != f.size-fairSplit {
		t.Errorf("%d bytes of frames, %d in use", f.size, budget.usage())
	}
	line := &splitter{max: 2 << 20, budget: f.share}
	if _, dropped := feedLines(line, strings.Repeat("x", 2<<20)); dropped == 0 {
		t.Error("a line has memory beyond that of the frames")
	}
	line.release()
	if f.release(); budget.usage() != 0 {
		t.Errorf("%d bytes are left", budget.usage())
	}
}

// A host that holds all the memory that it may have loses its own long lines, by a
// reason of its own, and another host none.
func TestLongLinesOfAnotherHostArrive(t *testing.T) {
	r := listen(t, "tcp://127.0.0.1:0", Options{})
	good := r.dialFrom(t, "127.0.0.2")
	const crowd, held = 400, 64_000
	for range crowd {
		write(t, r.dial(t), strings.Repeat("x", held))
	}
	waitFor(t, "the crowd", func() bool { return r.stat("bytes") == crowd*held })
	if used := r.stat("buffer_bytes"); used < maxBuffers/4 || used > r.stat("buffer_max_bytes") {
		t.Errorf("%v bytes are in use", used)
	}
	want := ""
	for range 20 {
		line := strings.Repeat("l", 6000) + "\n"
		write(t, good, line)
		want += line
	}
	waitFor(t, "lines", func() bool { return len(r.got()) >= len(want) })
	in := r.stop(t)
	if in.Accepted != 20 || in.Rejected[ledger.BuffersFull] == 0 || in.Rejected[ledger.TooLong] != 0 {
		t.Errorf("counts are %v", in)
	}
	if used := r.stat("buffer_bytes"); used != 0 {
		t.Errorf("%v bytes are left", used)
	}
}

// hoarder reads into memory all that arrives, and has a line for each full stop.
type hoarder struct {
	r      io.Reader
	grow   Grow
	have   int
	closed *bool
}

func (h *hoarder) Read(p []byte) (int, error) {
	n, err := h.r.Read(p[:1])
	switch {
	case n > 0 && p[0] == '.':
		h.grow(-h.have)
		h.have = 0
		return copy(p, "a 1\n"), nil
	case n > 0 && h.grow(maxBuffers/8):
		h.have += maxBuffers / 8
	}
	return 0, err
}

func (h *hoarder) Close() error {
	*h.closed = true
	return nil
}

// What there is no memory for is counted as a line, and the reader is closed with its
// stream.
func TestRefusedMemoryOfAReaderIsCounted(t *testing.T) {
	closed := false
	l := newUnbound(Options{Lines: func(r io.Reader, grow Grow) io.Reader { return &hoarder{r: r, grow: grow, closed: &closed} }})
	here, there := net.Pipe()
	go func() {
		io.WriteString(there, "xx.xxxxxx.x") // if it fails, the counts are wrong
		there.Close()
	}()
	l.serveConn(t.Context(), here)
	if in := l.Ledger(); in.Rejected[ledger.BuffersFull] != 2 || in.Received != 4 {
		t.Errorf("counts are %v", in)
	}
	if l.buffers.usage() != 0 || !closed {
		t.Errorf("%d bytes are left, closed %v", l.buffers.usage(), closed)
	}
}
