package listen

import (
	"net/netip"
	"sync"
)

// bufferBudget bounds the memory of all streams of a listener for what has arrived
// in part: lines, and frames that Options.Lines reads. Without it, thousands of
// streams that never end theirs would need a hundred kilobytes each, or a megabyte.
// No host may have more than is free: half if it is alone, and a newcomer half of
// what the others left, so that one host cannot use up the memory of the others.
type bufferBudget struct {
	mu    sync.Mutex
	used  int                  // guarded by mu
	hosts map[netip.Prefix]int // guarded by mu; the part of used of each
}

const (
	// fairSplit is the size that each buffer may have whatever the others do.
	fairSplit = 4 << 10
	// maxBuffers is enough for two hundred streams that send as fast as they can.
	maxBuffers = 32 << 20
)

// change changes how much a host uses, unless it is more than it may have.
func (b *bufferBudget) change(host netip.Prefix, by int) bool {
	if by == 0 {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if by > 0 && b.hosts[host]+by > maxBuffers-b.used-by {
		return false
	}
	if b.hosts == nil {
		b.hosts = make(map[netip.Prefix]int)
	}
	b.used += by
	if b.hosts[host] += by; b.hosts[host] == 0 {
		delete(b.hosts, host)
	}
	return true
}

// usage returns how much is in use, beside fairSplit of each buffer.
func (b *bufferBudget) usage() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used
}

// bufferShare is what the streams of one host have of a budget. The zero value is
// without a bound.
type bufferShare struct {
	of   *bufferBudget
	host netip.Prefix
}

// resize reports whether a buffer may change its size. It always may shrink.
func (s bufferShare) resize(from, to int) bool {
	if s.of == nil {
		return true
	}
	return s.of.change(s.host, max(to-fairSplit, 0)-max(from-fairSplit, 0))
}

// frameBuffer is the memory of the reader of Options.Lines of one stream.
type frameBuffer struct {
	share bufferShare
	size  int
}

// grow reports whether the reader may use by more bytes.
func (f *frameBuffer) grow(by int) bool {
	if !f.share.resize(f.size, f.size+by) {
		return false
	}
	f.size += by
	return true
}

// release gives all memory back when the stream has ended.
func (f *frameBuffer) release() { f.grow(-f.size) }
