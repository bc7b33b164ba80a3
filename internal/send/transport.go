package send

import (
	"context"
	"log/slog"
)

// Transport sends payloads to one destination. It is a [Messenger] or a
// [Stream]. One goroutine at a time calls its methods, and Close is called last.
type Transport interface {
	Close() error
}

// Messenger is a Transport that sends one payload at a time and knows the
// result before the next one: http, udp, unixgram.
type Messenger interface {
	Transport
	// Deliver returns nil if the peer has the payload, as far as the transport
	// can know. An [Error] says what to do with the payload; any other error
	// means that it is sent again. Deliver does not keep payload, and returns
	// soon after ctx ends.
	Deliver(ctx context.Context, payload []byte) error
}

// Stream is a Transport that writes payloads one after another without
// waiting for the peer to acknowledge each: tcp, tls, unix. The Sender keeps a
// payload until the peer has all of it.
type Stream interface {
	Transport
	// Write connects if there is no connection, and writes p to it. The first
	// n bytes may have been sent, even if Write returns an error.
	Write(ctx context.Context, p []byte) (n int, err error)
	// Unacked returns how many of the bytes written since the last Reset the
	// peer may not have. It returns an error if the connection is dead.
	Unacked() (int, error)
	// Reset closes the connection at once and returns the last number of
	// unacknowledged bytes.
	Reset() int
	// Finish closes the connection in order, if there is one, and may wait a
	// moment until the peer has read everything. After an error, which is like
	// that of Unacked, the connection is still there, and Reset closes it.
	Finish() error
}

// tryWriter is a Stream that can write without waiting.
type tryWriter interface {
	// CanTry reports whether there is a connection for TryWrite, which the next
	// Write would not replace.
	CanTry() bool
	// TryWrite writes as much of p as the system takes at once, and returns how
	// much. If that is only a part, the next Write is of the rest: it fails unless
	// it can write that to the same connection.
	TryWrite(p []byte) (n int)
}

// Wrapper is a Transport that changes what it passes to another one. A Sender asks
// the inner one for the optional methods that the Wrapper does not have: its
// statistics, how to end what blocks it, and whether payloads are datagrams.
type Wrapper interface {
	Transport
	// Unwrap returns the inner Transport, always the same. It may be called from
	// any goroutine.
	Unwrap() Transport
}

// optional returns the first of t, the Transport in it, and so on, that is a T.
func optional[T any](t Transport) (found T, ok bool) {
	for {
		if found, ok = t.(T); ok {
			return found, true
		}
		w, wraps := t.(Wrapper)
		if !wraps {
			return found, false
		}
		t = w.Unwrap()
	}
}

// aborter is a Transport with a method that may be called from another
// goroutine, and ends what blocks Close.
type aborter interface{ Abort() }

// statser is a Transport with fields of its own for the series of the Sender.
// Its method may be called from any goroutine.
type statser interface {
	stats(cb func(field string, val float64))
}

// logging is a Transport that finds out what it cannot return, and logs it. Before
// the first payload it gets the name of the destination, and the function that
// returns the Sender's logger.
type logging interface {
	logTo(name string, log func() *slog.Logger)
}
