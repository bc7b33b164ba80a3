// Package ready asks the system whether a socket is ready. A read or write whose
// deadline has passed fails without an attempt. On a machine with much to do, a
// deadline passes between the call that sets it and the call that it is for: callers
// that take a timeout for an answer of the peer ask here first.
package ready

// Read reports whether a read from sock, which is a connection, or an accept, if it
// is a listener, would not wait. It reports false if the system does not say.
func Read(sock any) bool { return poll(sock, forRead) }

// Write is Read for a write.
func Write(sock any) bool { return poll(sock, forWrite) }

// direction is that in which a socket may be ready.
type direction int

const (
	forRead direction = iota
	forWrite
)
