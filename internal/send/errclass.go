package send

import (
	"context"
	"errors"
	"net"
	"os"
)

// An errorClass is a kind of failure that a person looks for in another place.
type errorClass int

const (
	classNetwork  errorClass = iota // the connection, or an answer that is none of these
	classConnect                    // no address, or nothing listens there
	classTimeout                    // no answer, or no progress
	classOverload                   // the peer asked to wait
	classRejected                   // lines that the peer never takes
	classAuth
	classNotFound
	classConfig
	numClasses
)

var classNames = [numClasses]string{"network", "connect", "timeout", "overload", "rejected", string(Auth), string(NotFound), string(Config)}

// classOf returns the class of a failed delivery.
func classOf(e *Error) errorClass {
	switch e.problem {
	case Auth:
		return classAuth
	case NotFound:
		return classNotFound
	case Config:
		return classConfig
	}
	var dns *net.DNSError
	var op *net.OpError
	var timeout interface{ Timeout() bool }
	switch {
	case e.kind != retry && e.kind != ambiguous:
		return classRejected
	case e.after > 0:
		return classOverload
	case errors.As(e.Err, &dns), isRefused(e.Err):
		return classConnect
	case errors.Is(e.Err, context.DeadlineExceeded), errors.Is(e.Err, os.ErrDeadlineExceeded), errors.As(e.Err, &timeout) && timeout.Timeout():
		return classTimeout
	case errors.As(e.Err, &op) && op.Op == "dial":
		return classConnect
	}
	return classNetwork
}
