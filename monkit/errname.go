package monkit

import (
	"reflect"
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
)

var (
	errorHandlersMu sync.Mutex                                   // held to replace errorHandlers
	errorHandlers   atomic.Pointer[[]func(error) (string, bool)] // newest first; nil if there are none
)

// NameError returns an error that counts under name, and that is err otherwise: it
// has its text, and wraps it for errors.Is and errors.As. It returns nil if err is.
// Use it for errors that a package declares, so that each has a count:
//
//	var ErrFull = monkit.NameError(errors.New("queue is full"), "Queue Full")
//
// A type of error names itself by a method Name() (name string, ok bool), and
// AddErrorNameHandler names the errors of other packages. Errors of errors.New and
// fmt.Errorf that none of these name, and that wrap nothing that has a name, all
// count as System Error. Their texts are no names: they may hold user names,
// addresses or secrets, and there may be any number of them. Nor does it show in an
// error whether a package declares it, or whether it was made at run time and kept.
func NameError(err error, name string) error {
	if err == nil {
		return nil
	}
	return &errorWithName{err, boundedName(name)}
}

type errorWithName struct {
	error
	name string
}

func (e *errorWithName) Unwrap() error        { return e.error }
func (e *errorWithName) Name() (string, bool) { return e.name, e.name != "" }

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
	if reflect.TypeOf(err) == textError {
		name, ok := knownTexts[err.Error()]
		return name, ok
	}
	return netName(err)
}
