package send

import (
	"context"
	"errors"
	"net"
	"os"

	"monkit.example/reporters/ledger"
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

// sendErrors returns the numbers of errors by their names.
func sendErrors(n [numClasses]int64) ledger.SendErrors {
	return ledger.SendErrors{
		Network: n[classNetwork], Connect: n[classConnect], Timeout: n[classTimeout], Overload: n[classOverload],
		Rejected: n[classRejected], Auth: n[classAuth], NotFound: n[classNotFound], Config: n[classConfig],
	}
}

// byClass is the reverse of sendErrors.
func byClass(e ledger.SendErrors) [numClasses]int64 {
	return [numClasses]int64{
		classNetwork: e.Network, classConnect: e.Connect, classTimeout: e.Timeout, classOverload: e.Overload,
		classRejected: e.Rejected, classAuth: e.Auth, classNotFound: e.NotFound, classConfig: e.Config,
	}
}

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
	case e.kind != retry && e.kind != ambiguous && e.kind != noBuffer:
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
