package monkit

import (
	"context"
	"io"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

const (
	// systemError is the name of errors that nothing knows a name for.
	systemError = "System Error"
	// maxErrorDepth bounds how many errors of a tree are looked at.
	maxErrorDepth = 64
	// maxErrorName bounds the bytes of a name that user code gives.
	maxErrorName = 256
)

var (
	handlersMu sync.Mutex
	handlers   atomic.Pointer[[]func(error) (string, bool)] // replaced under handlersMu, newest first
)

// AddErrorNameHandler makes f the first that is asked to name an error. It
// applies to all Funcs of the process and cannot be taken back. f runs
// outside all locks; an error that it panics on is named without it.
func AddErrorNameHandler(f func(error) (string, bool)) {
	handlersMu.Lock()
	defer handlersMu.Unlock()
	all := []func(error) (string, bool){f}
	if old := handlers.Load(); old != nil {
		all = append(all, *old...)
	}
	handlers.Store(&all)
}

// errorName returns the name that err is counted under: what a handler says,
// else what the first error in err's tree that has a name says. panics counts
// user code that panicked.
func errorName(err error) (name string, panics int64) {
	if all := handlers.Load(); all != nil {
		for _, handler := range *all {
			name, ok, panicked := ask(handler, err)
			if panicked {
				panics++
			}
			if ok {
				return name, panics
			}
		}
	}
	left := maxErrorDepth
	name, ok, panicked := ask(func(err error) (string, bool) { return treeName(err, &left) }, err)
	if panicked {
		panics++
	}
	if !ok {
		name = systemError
	}
	return name, panics
}

func ask(handler func(error) (string, bool), err error) (name string, ok, panicked bool) {
	defer func() {
		if recover() != nil {
			name, ok, panicked = "", false, true
		}
	}()
	name, ok = handler(err)
	return boundedName(name), ok, false
}

// boundedName cuts name, between characters, and lets go of the rest.
func boundedName(name string) string {
	if len(name) <= maxErrorName {
		return name
	}
	return strings.Clone(strings.ToValidUTF8(name[:maxErrorName], ""))
}

// treeName looks at err, then at what it wraps, depth first, as errors.Is
// does.
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

// ownName names err itself, not what it wraps.
func ownName(err error) (string, bool) {
	if named, ok := err.(interface{ Name() (string, bool) }); ok {
		if name, ok := named.Name(); ok {
			return name, true
		}
	}
	for _, known := range knownErrors {
		if is(err, known.err) {
			return known.name, true
		}
	}
	if _, ok := err.(errno); ok {
		return "Errno", true
	}
	return netName(err)
}

func is(err, target error) bool {
	if reflect.TypeOf(err).Comparable() && err == target {
		return true
	}
	x, ok := err.(interface{ Is(error) bool })
	return ok && x.Is(target)
}

// netNames are the types of package net, which this one does not import.
var netNames = []struct{ typ, name string }{
	{"UnknownNetworkError", "Unknown Network Error"},
	{"AddrError", "Addr Error"},
	{"InvalidAddrError", "Invalid Addr Error"},
	{"OpError", "Net Op Error"},
	{"ParseError", "Net Parse Error"},
	{"DNSError", "DNS Error"},
	{"DNSConfigError", "DNS Config Error"},
}

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

// ErrorName returns the name that a Func counts err under.
func ErrorName(err error) string {
	name, _ := errorName(err)
	return name
}
