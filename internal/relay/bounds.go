package relay

import (
	"fmt"
	"io"
)

const (
	// defaultMemory is Config.Memory if that is zero and enough.
	defaultMemory = 64 << 20

	// maxRing and maxQueue are the most that a share of Config.Memory may be:
	// more is of no use to a ring, and waits too long in a queue.
	maxRing  = 16 << 20
	maxQueue = 32 << 20
	// minRing and minQueue are the least: a ring with less loses lines between
	// two reads, and a queue between two attempts.
	minRing  = 256 << 10
	minQueue = 512 << 10

	// ringShare and queueShare are the parts of Config.Memory for all rings and
	// all queues. The rest is for code, stacks, garbage and what is encoded.
	ringShare  = 8
	queueShare = 2.5

	// A queue may need redoMemory quarters of what waits in it, since it keeps
	// as much as one of them to be sent again.
	redoMemory = 5
)

// bounds are those on memory and disk of the parts of a relay, in bytes.
type bounds struct {
	ring   int   // of each listener
	queue  int   // of each destination
	spool  int64 // of each destination, on disk; zero if there is none
	memory int64 // of the process
}

// bounds divides Config.Memory over so many listeners and destinations.
func (c Config) bounds(listeners, destinations int) (bounds, error) {
	least := leastMemory(listeners, destinations)
	b := bounds{memory: c.Memory}
	if c.Spool != "" {
		b.spool = c.SpoolBytes
	}
	if b.memory == 0 {
		b.memory = max(defaultMemory, least)
	}
	b.ring = min(maxRing, int(b.memory/ringShare)/max(listeners, 1))
	b.queue = min(maxQueue, int(float64(b.memory)/queueShare)/max(destinations, 1)*4/redoMemory)
	if b.ring < minRing || b.queue < minQueue {
		return b, fmt.Errorf("memory: %s is too little for %d listeners and %d destinations; write at least %s",
			size(c.Memory), listeners, destinations, size(least))
	}
	if c.Queue > 0 {
		b.memory += int64(max(c.Queue-b.queue, 0)) * int64(destinations) * redoMemory / 4
		b.queue = c.Queue
	}
	return b, nil
}

// leastMemory returns the least memory for so many listeners and destinations, in
// whole MiB.
func leastMemory(listeners, destinations int) int64 {
	rings := int64(listeners) * minRing * ringShare
	queues := int64(float64(destinations) * (minQueue*redoMemory/4 + redoMemory) * queueShare)
	return (max(rings, queues) + 1<<20 - 1) >> 20 << 20
}

// MemoryLimit returns how many bytes of memory the relay should need at most.
func (r *Relay) MemoryLimit() int64 {
	if r.series == nil {
		return r.bounds.memory
	}
	return r.bounds.memory + r.cfg.AggregateBytes
}

// PrintBounds prints how much memory and disk the parts of the relay may use.
func (r *Relay) PrintBounds(w io.Writer) {
	fmt.Fprintf(w, "memory: %s, of which up to %s for what each of %d listeners received, and %s for what waits for each of %d destinations\n",
		size(r.MemoryLimit()), size(int64(r.bounds.ring)), len(r.cfg.Listen), size(int64(r.bounds.queue)), len(r.cfg.Forward))
	if r.series != nil {
		fmt.Fprintf(w, "aggregate: up to %s of the memory for the series of StatsD lines\n", size(r.cfg.AggregateBytes))
	}
	if r.bounds.spool > 0 {
		fmt.Fprintf(w, "disk: up to %s in %s for each destination but those of statsd\n", size(r.bounds.spool), r.cfg.Spool)
	}
}

// size prints a number of bytes such as "64 MiB".
func size(n int64) string {
	switch {
	case n >= 1<<30 && n%(1<<30) == 0:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
