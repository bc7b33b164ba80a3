package monkit

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// namedError is an error that has a name, unless that is empty.
type namedError struct{ name string }

func (e *namedError) Error() string        { return "an error" }
func (e *namedError) Name() (string, bool) { return e.name, e.name != "" } // panics on nil

// alias is an error that is io.EOF by its method Is.
type alias struct{}

func (alias) Error() string        { return "alias" }
func (alias) Is(target error) bool { return target == io.EOF }

type uncomparableError []int

func (e uncomparableError) Error() string { return "uncomparable" }

// textOnly is an error that errors.New does not make.
type textOnly string

func (e textOnly) Error() string { return string(e) }

// loop is an error that wraps itself.
type loop struct{}

func (loop) Error() string   { return "loop" }
func (l loop) Unwrap() error { return l }

func TestErrorIsNamedByTheFirstKnownErrorInIt(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want string
	}{
		{"EOF", io.EOF, "EOF"},
		{"unexpected EOF", io.ErrUnexpectedEOF, "Unexpected EOF Error"},
		{"closed pipe", io.ErrClosedPipe, "Closed Pipe Error"},
		{"no progress", io.ErrNoProgress, "No Progress Error"},
		{"short buffer", io.ErrShortBuffer, "Short Buffer Error"},
		{"short write", io.ErrShortWrite, "Short Write Error"},
		{"canceled", context.Canceled, "Canceled"},
		{"timeout", context.DeadlineExceeded, "Timeout"},
		{"errno", syscall.ENOENT, "Errno"},
		{"unknown network", net.UnknownNetworkError("x"), "Unknown Network Error"},
		{"addr", &net.AddrError{}, "Addr Error"},
		{"invalid addr", net.InvalidAddrError("x"), "Invalid Addr Error"},
		{"net op", &net.OpError{Op: "read", Err: syscall.ECONNRESET}, "Net Op Error"},
		{"net parse", &net.ParseError{}, "Net Parse Error"},
		{"DNS", &net.DNSError{}, "DNS Error"},
		{"DNS config", &net.DNSConfigError{Err: io.EOF}, "DNS Config Error"},
		{"any net.Error", &url.Error{Err: io.EOF}, "Network Error"},
		{"given a name", NameError(errors.New("x"), "Mine"), "Mine"},
		{"given a name and wrapped", fmt.Errorf("a: %w", NameError(errors.New("x"), "Mine")), "Mine"},
		{"given a name although there is one", NameError(io.EOF, "Mine"), "Mine"},
		{"given an empty name", NameError(io.EOF, ""), "EOF"},
		{"given a long name", NameError(io.EOF, strings.Repeat("x", 1e6)), strings.Repeat("x", maxErrorName)},
		{"no rows", sql.ErrNoRows, "No Rows Error"},
		{"transaction done", sql.ErrTxDone, "Transaction Done Error"},
		{"connection done", sql.ErrConnDone, "Connection Done Error"},
		{"not exist", &fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}, "Not Exist Error"},
		{"exist", fs.ErrExist, "Exist Error"},
		{"closed file", os.ErrClosed, "Closed File Error"},
		{"permission", os.ErrPermission, "Permission Error"},
		{"unsupported", errors.ErrUnsupported, "Unsupported Error"},
		{"token too long", bufio.ErrTooLong, "Token Too Long Error"},
		{"syntax", &strconv.NumError{Func: "Atoi", Num: "x", Err: strconv.ErrSyntax}, "Syntax Error"},
		{"range", strconv.ErrRange, "Range Error"},
		{"command not found", &exec.Error{Name: "x", Err: exec.ErrNotFound}, "Command Not Found Error"},
		{"server closed", http.ErrServerClosed, "Server Closed Error"},
		{"handler timeout", http.ErrHandlerTimeout, "Handler Timeout Error"},
		{"the text of a known error in another type", textOnly("sql: no rows in result set"), "System Error"},
		{"a text that is none of a known error", errors.New("user 7: file does not exist"), "System Error"},
		{"no wrapping", fmt.Errorf("user %d: %v", 7, io.EOF), "System Error"},
		{"aborted handler", http.ErrAbortHandler, "Aborted"},
		{"wrapped abort", fmt.Errorf("proxy: %w", http.ErrAbortHandler), "Aborted"},
		{"another", errors.New("x"), "System Error"},
		{"named by itself", &namedError{"Mine"}, "Mine"},
		{"without a name of its own", &namedError{""}, "System Error"},
		{"wrapped", fmt.Errorf("a: %w", fmt.Errorf("b: %w", io.EOF)), "EOF"},
		{"wrapped name", fmt.Errorf("a: %w", &namedError{"Mine"}), "Mine"},
		{"the outer name wins", fmt.Errorf("a: %w", &net.OpError{Op: "read", Err: context.DeadlineExceeded}), "Net Op Error"},
		{"joined", errors.Join(errors.New("x"), io.EOF), "EOF"},
		{"several wrapped", fmt.Errorf("%w and %w", errors.New("x"), context.Canceled), "Canceled"},
		{"known by its method Is", alias{}, "EOF"},
		{"system call", os.NewSyscallError("open", syscall.ENOENT), "Errno"},
		{"path", &fs.PathError{Op: "open", Path: "x", Err: syscall.ENOENT}, "Errno"},
		{"not comparable", uncomparableError{1}, "System Error"},
		{"wraps itself", loop{}, "System Error"},
		{"a method panics", (*namedError)(nil), "System Error"},
		{"a long name is cut", &namedError{strings.Repeat("x", 1e6)}, strings.Repeat("x", maxErrorName)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, _ := errorName(tt.err); got != tt.want {
				t.Errorf("the name is %q, want %q", got, tt.want)
			}
		})
	}
}

func TestNamedErrorIsTheErrorOtherwise(t *testing.T) {
	if NameError(nil, "Mine") != nil {
		t.Error("nil becomes an error")
	}
	err := NameError(&fs.PathError{Op: "open", Path: "x", Err: syscall.ENOENT}, "Mine")
	var path *fs.PathError
	if !errors.Is(err, err) || !errors.Is(err, fs.ErrNotExist) || !errors.As(err, &path) || err.Error() != path.Error() {
		t.Errorf("%v is not the error that it names", err)
	}
	if errors.Is(err, NameError(path, "Mine")) {
		t.Error("two errors are one because their names are")
	}
}

// Texts of errors hold what a program was given: they must not become series.
func TestUnnamedErrorsShareASeries(t *testing.T) {
	f := NewFuncStats(NewSeriesKey("f"))
	kept := errors.New("user 7 has no account")
	for i := range 10 {
		for _, err := range []error{kept, fmt.Errorf("user %d: %w", i, kept), errors.New(fmt.Sprint(i))} {
			f.end(err, false, time.Second, 0)
		}
	}
	if errs := f.Errors(); len(errs) != 1 || errs[systemError] != 30 {
		t.Errorf("errors %v", errs)
	}
}

// withHandlers adds handlers of error names until the test ends.
func withHandlers(t *testing.T, add ...func(error) (string, bool)) {
	old := errorHandlers.Load()
	t.Cleanup(func() { errorHandlers.Store(old) })
	for _, f := range add {
		AddErrorNameHandler(f)
	}
}

func TestErrorNameHandlersComeBeforeTheTable(t *testing.T) {
	first := func(error) (string, bool) { return "first", true }
	none := func(error) (string, bool) { return "none", false }
	bad := func(error) (string, bool) { panic("no") }
	for _, tt := range []struct {
		name   string
		add    []func(error) (string, bool)
		want   string
		panics int64
	}{
		{"a handler comes before the table", []func(error) (string, bool){first}, "first", 0},
		{"the newest handler comes first", []func(error) (string, bool){none, first}, "first", 0},
		{"the next handler is called if one has no name", []func(error) (string, bool){first, none}, "first", 0},
		{"the next handler is called if one panics", []func(error) (string, bool){first, bad}, "first", 1},
		{"the table applies if no handler has a name", []func(error) (string, bool){none}, "EOF", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			withHandlers(t, tt.add...)
			if got, panics := errorName(io.EOF); got != tt.want || panics != tt.panics {
				t.Errorf("the name is %q with %d panics, want %q with %d", got, panics, tt.want, tt.panics)
			}
		})
	}
}

// The existing library named errors under its lock: a handler that read the
// same Func blocked for ever, and a panic left the lock held.
func TestErrorNamingRunsOutsideLocks(t *testing.T) {
	r := NewRegistry()
	f := r.ScopeNamed("s").FuncNamed("f")
	withHandlers(t, func(error) (string, bool) { return fmt.Sprint(len(Collect(r)) > 0), true })
	run := func(err error) {
		ctx := t.Context()
		f.Task(&ctx)(&err)
	}
	run(io.EOF)
	withHandlers(t, func(error) (string, bool) { panic("no") })
	run(io.EOF)
	if f.Errors()["true"] != 2 || f.scope.health.panics.Load() != 1 {
		t.Errorf("errors %v, %d panics, want 2 and 1", f.Errors(), f.scope.health.panics.Load())
	}
}

func TestErrorNamesAreBounded(t *testing.T) {
	f := NewFuncStats(NewSeriesKey("f"))
	for i := range 3 * maxErrorNames {
		f.end(&namedError{fmt.Sprint(i)}, false, time.Second, 0)
	}
	errs := f.Errors()
	if len(errs) != maxErrorNames+1 || errs[otherErrors] != 2*maxErrorNames {
		t.Errorf("%d names, %d errors under %q", len(errs), errs[otherErrors], otherErrors)
	}
}
