package relay

import (
	"fmt"
	"io"
)

const (
	// The defaults without Config.Memory.
	defaultRing  = 16 << 20
	defaultQueue = 32 << 20

	// minRing and minQueue are the least that a share of Config.Memory may be: a
	// ring with less loses lines between two reads, and a queue between two
	// attempts.
	minRing  = 256 << 10
	minQueue = 512 << 10

	// ringShare and queueShare are the parts of Config.Memory for all rings and
	// all queues. The rest is for code, stacks, garbage and what is encoded.
	ringShare  = 5
	queueShare = 2

	// queueMemory is what a queue may need for each four bytes that wait: five,
	// with what is kept to be sent again.
	queueMemory = 5
)

// bounds are those on memory and disk of the parts of a relay, in bytes.
type bounds struct {
	ring  int   // of each listener
	queue int   // of each destination
	spool int64 // of each destination, on disk; zero if there is none
}

// bounds divides Config.Memory over so many listeners and destinations.
func (c Config) bounds(listeners, destinations int) (bounds, error) {
	b := bounds{ring: defaultRing, queue: defaultQueue}
	if c.Spool != "" {
		b.spool = c.SpoolBytes
	}
	if c.Queue > 0 {
		b.queue = c.Queue
	}
	if c.Memory == 0 {
		return b, nil
	}
	b.ring = min(defaultRing, int(c.Memory/ringShare)/max(listeners, 1))
	if c.Queue == 0 {
		b.queue = min(defaultQueue, int(c.Memory/queueShare)/max(destinations, 1)*(queueMemory-1)/queueMemory)
	}
	if b.ring < minRing || b.queue < minQueue {
		least := max(minRing*ringShare*listeners, minQueue*queueShare*destinations*queueMemory/(queueMemory-1)+1)
		return b, fmt.Errorf("memory: %s is too little for %d listeners and %d destinations; write at least %s",
			size(c.Memory), listeners, destinations, size(int64(least+1<<20-1)>>20<<20))
	}
	return b, nil
}

// PrintBounds prints how much memory and disk the parts of the relay may use.
func (r *Relay) PrintBounds(w io.Writer) {
	fmt.Fprintf(w, "memory: up to %s for what each of %d listeners received, and %s for what waits for each of %d destinations\n",
		size(int64(r.bounds.ring)), len(r.cfg.Listen), size(int64(r.bounds.queue)), len(r.cfg.Forward))
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
