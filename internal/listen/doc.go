// Package listen takes bytes off sockets as fast as they come and does
// nothing else with them: [Open] binds a [Listener], [Listener.Run] reads into
// a bounded ring, and a function of the caller's gets whole lines out of it.
//
// A datagram's end is a line's end, and datagrams are never joined. A stream's
// last line counts only if its end has come: it may have been cut.
//
// Nothing vanishes here without a number. A datagram that finds the ring full
// is refused, and its lines are counted; a stream waits for room, and its
// sender's kernel with it. What the kernel itself drops is known on Linux, see
// [Listener.KernelDrops]. For all lines that came in:
//
//	lines = what Run handed on + Intake().Rejected{ring_full, too_long, truncated_tail}
//
// What comes in small pieces one soon after the other is left to gather, for
// up to 10 ms in the kernel and as long in the ring: to be woken costs far
// more than to read a few lines. What comes after a pause is had at once, and
// neither the end nor a sender that needs room waits for a nap to be over.
//
// Memory is bounded: a listener holds at most twice Options.RingBytes and 2
// MiB for datagrams or Options.MaxConns × (Options.MaxLine + 64 KiB) for
// streams, of which an idle stream uses 4 KiB.
package listen
