package monkittest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"monkit.example/monkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeTB is a testing.TB that records the messages which a Registry reports.
// Fatal panics with the fakeTB, which report recovers.
type fakeTB struct {
	testing.TB
	messages []string
	ended    bool
}

func (f *fakeTB) Helper()           {}
func (f *fakeTB) Error(args ...any) { f.messages = append(f.messages, fmt.Sprint(args...)) }
func (f *fakeTB) Errorf(format string, args ...any) {
	f.messages = append(f.messages, fmt.Sprintf(format, args...))
}
func (f *fakeTB) Fatal(args ...any) {
	f.Error(args...)
	f.ended = true
	panic(f)
}
func (f *fakeTB) Fatalf(format string, args ...any) { f.Fatal(fmt.Sprintf(format, args...)) }

// report returns what r reports to its test during check, and whether it ends
// the test.
func report(r *Registry, check func()) (message string, ended bool) {
	f := &fakeTB{TB: r.tb}
	defer func(before testing.TB) {
		r.tb = before
		if p := recover(); p != nil && p != any(f) {
			panic(p)
		}
		message, ended = strings.Join(f.messages, "\n"), f.ended
	}(r.tb)
	r.tb = f
	check()
	return
}

// wantReport checks what r reports to its test during check: nothing if part is
// "", otherwise a message that contains part.
func wantReport(t *testing.T, r *Registry, part string, ends bool, check func()) {
	t.Helper()
	message, ended := report(r, check)
	if part == "" && message != "" || !strings.Contains(message, part) {
		t.Errorf("reported %q, want %q", message, part)
	}
	if ended != ends {
		t.Errorf("ended the test: %v, want %v", ended, ends)
	}
}

// run calls inside in a span of the function name, which ends with err.
func run(ctx context.Context, mon *monkit.Scope, name string, err error, inside ...func(ctx context.Context)) {
	defer mon.FuncNamed(name).Task(&ctx)(&err)
	for _, f := range inside {
		f(ctx)
	}
}
