// Package listen takes bytes off sockets as fast as they come and does
// nothing else with them: [Open] binds a [Listener], Run reads into a bounded
// ring, and a function of the caller's gets whole lines out of it.
//
// A datagram's end is a line's end, and datagrams are never joined. What the
// ring cannot hold is refused and counted for datagrams; a stream waits.
package listen
