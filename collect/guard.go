package collect

import (
	"context"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"time"

	"monkit.example/internal/loglimit"
	"monkit.example/reporters"
)

// guarded calls f, which is code of the program such as a reporter, and returns a
// panic as an error.
func guarded(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicError{v, panicPlace()}
		}
	}()
	return f()
}

// panicError is a panic as an error.
type panicError struct {
	value any
	place string // function and line, or ""
}

func (p panicError) Error() string {
	if p.place == "" {
		return fmt.Sprintf("panicked: %v", p.value)
	}
	return fmt.Sprintf("panicked: %v (in %s)", p.value, p.place)
}

// panicPlace returns where the panic began that the calling function has
// recovered.
func panicPlace() string {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for panicking := false; ; {
		f, more := frames.Next()
		switch inRuntime := strings.HasPrefix(f.Function, "runtime."); {
		case inRuntime:
			panicking = true
		case panicking:
			return fmt.Sprintf("%s, line %d", f.Function, f.Line)
		}
		if !more {
			return ""
		}
	}
}

// present returns rep, or what stands for a reporter that is nil: like one with a
// wrong address it returns an error from each call. i is its place, from 1.
func present(rep reporters.Reporter, i int) reporters.Reporter {
	if !isNil(rep) {
		return rep
	}
	kind := ""
	if rep != nil {
		kind = fmt.Sprintf(" (a %T)", rep)
	}
	err := fmt.Errorf("reporter %d is nil%s; pass one that a New function has returned", i, kind)
	return missing{reporters.Broken(err), err}
}

// isNil reports whether v is nil or a nil pointer or function.
func isNil(v any) bool {
	if v == nil {
		return true
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Pointer, reflect.Func:
		return r.IsNil()
	}
	return false
}

// missing stands for a reporter that is nil.
type missing struct {
	reporters.Sender
	err error
}

var _ reporters.Reporter = missing{}

// Name returns what logs and series call the reporter.
func (missing) Name() string { return "nil" }

// Report returns the error.
func (m missing) Report(_ context.Context, _ *reporters.Batch) error { return m.err }

// limiter is a loglimit.Limit that several goroutines may use.
type limiter struct {
	mu    sync.Mutex
	limit loglimit.Limit // guarded by mu
}

// allow reports whether a record may be logged now, and how many were left out
// before it.
func (l *limiter) allow() (more int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.limit.Allow(time.Now())
}
