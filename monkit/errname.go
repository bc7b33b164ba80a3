package monkit

import (
	"context"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

const (
	// systemError is the name of an error that has no other name.
	systemError = "System Error"
	// maxErrorDepth bounds how many errors of a tree are examined.
	maxErrorDepth = 64
	// maxErrorName bounds the bytes of a name that user code returns.
	maxErrorName = 256
	// abortText is the text of http.ErrAbortHandler of net/http, which monkit does
	// not import.
	abortText = "net/http: abort Handler"
)

// textError is the type of the errors that errors.New makes.
var textError = reflect.TypeOf(errors.New(""))

var (
	errorHandlersMu sync.Mutex                                   // held to replace errorHandlers
	errorHandlers   atomic.Pointer[[]func(error) (string, bool)] // newest first; nil if there are none
)

// AddErrorNameHandler makes f the first function that is called to name an
// error. It applies to all Funcs of the process and cannot be undone. f is
// called without a lock. If it panics, or returns false, the next handler is
// called, and at last the names that this package knows apply.
func AddErrorNameHandler(f func(error) (string, bool)) {
	errorHandlersMu.Lock()
	defer errorHandlersMu.Unlock()
	all := []func(error) (string, bool){f}
	if old := errorHandlers.Load(); old != nil {
		all = append(all, *old...)
	}
	errorHandlers.Store(&all)
}

// ErrorName returns the name that err is counted under.
func ErrorName(err error) string {
	name, _ := errorName(err)
	return name
}

// errorName returns the name that err is counted under: the one that a handler
// returns, or else that of the first error in the tree of err that has one.
// panics is how many handlers and methods of errors have panicked.
func errorName(err error) (name string, panics int64) {
	if all := errorHandlers.Load(); all != nil {
		for _, handler := range *all {
			name, ok, panicked := callHandler(handler, err)
			if panicked {
				panics++
			}
			if ok {
				return name, panics
			}
		}
	}
	left := maxErrorDepth
	name, ok, panicked := callHandler(func(err error) (string, bool) { return treeName(err, &left) }, err)
	if panicked {
		panics++
	}
	if !ok {
		name = systemError
	}
	return name, panics
}

func callHandler(handler func(error) (string, bool), err error) (name string, ok, panicked bool) {
	defer func() {
		if recover() != nil {
			name, ok, panicked = "", false, true
		}
	}()
	name, ok = handler(err)
	return boundedName(name), ok, false
}

// boundedName cuts a long name between two characters. The result does not keep
// the memory of name.
func boundedName(name string) string {
	if len(name) <= maxErrorName {
		return name
	}
	return strings.Clone(strings.ToValidUTF8(name[:maxErrorName], ""))
}

// treeName returns the name of the first error that has one: of err, or of an
// error that err wraps, depth first as in errors.Is. It examines at most *left
// errors, and subtracts them from it.
func treeName(err error, left *int) (string, bool) {
	for err != nil && *left > 0 {
		*left--
		if name, ok := ownName(err); ok {
			return name, true
		}
		switch e := err.(type) {
		case interface{ Unwrap() error }:
			err = e.Unwrap()
		case interface{ Unwrap() []error }:
			for _, each := range e.Unwrap() {
				if *left <= 0 {
					break
				}
				if name, ok := treeName(each, left); ok {
					return name, true
				}
			}
			return "", false
		default:
			return "", false
		}
	}
	return "", false
}

var knownErrors = []struct {
	err  error
	name string
}{
	{io.EOF, "EOF"},
	{io.ErrUnexpectedEOF, "Unexpected EOF Error"},
	{io.ErrClosedPipe, "Closed Pipe Error"},
	{io.ErrNoProgress, "No Progress Error"},
	{io.ErrShortBuffer, "Short Buffer Error"},
	{io.ErrShortWrite, "Short Write Error"},
	{context.Canceled, "Canceled"},
	{context.DeadlineExceeded, "Timeout"},
}

// ownName returns the name of err itself, whatever err wraps.
func ownName(err error) (string, bool) {
	if named, ok := err.(interface{ Name() (string, bool) }); ok {
		if name, ok := named.Name(); ok {
			return name, true
		}
	}
	for _, known := range knownErrors {
		if isError(err, known.err) {
			return known.name, true
		}
	}
	if _, ok := err.(errno); ok {
		return "Errno", true
	}
	if isAbort(err) {
		return "Aborted", true
	}
	return netName(err)
}

// isAbort reports whether v is http.ErrAbortHandler. net/http compares it as it is, so
// that an error which wraps it is a panic like any other.
func isAbort(v interface{}) bool {
	return reflect.TypeOf(v) == textError && v.(error).Error() == abortText
}

// isError is errors.Is without the errors that err wraps.
func isError(err, target error) bool {
	if reflect.TypeOf(err).Comparable() && err == target {
		return true
	}
	x, ok := err.(interface{ Is(error) bool })
	return ok && x.Is(target)
}

// netNames are error types of package net, which monkit does not import.
var netNames = []struct{ typ, name string }{
	{"UnknownNetworkError", "Unknown Network Error"},
	{"AddrError", "Addr Error"},
	{"InvalidAddrError", "Invalid Addr Error"},
	{"OpError", "Net Op Error"},
	{"ParseError", "Net Parse Error"},
	{"DNSError", "DNS Error"},
	{"DNSConfigError", "DNS Config Error"},
}

// netName returns the name of an error of package net, or of one like it.
func netName(err error) (string, bool) {
	t := reflect.TypeOf(err)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.PkgPath() == "net" {
		i := slices.IndexFunc(netNames, func(n struct{ typ, name string }) bool { return n.typ == t.Name() })
		if i >= 0 {
			return netNames[i].name, true
		}
	}
	if _, ok := err.(interface {
		Timeout() bool
		Temporary() bool
	}); ok {
		return "Network Error", true
	}
	return "", false
}
