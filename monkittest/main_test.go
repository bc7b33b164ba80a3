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

// judge is a testing.TB that keeps what a test was told.
type judge struct {
	testing.TB
	said  []string
	ended bool
}

func (j *judge) Helper()           {}
func (j *judge) Error(args ...any) { j.said = append(j.said, fmt.Sprint(args...)) }
func (j *judge) Errorf(format string, args ...any) {
	j.said = append(j.said, fmt.Sprintf(format, args...))
}
func (j *judge) Fatal(args ...any) {
	j.Error(args...)
	j.ended = true
	panic(j)
}
func (j *judge) Fatalf(format string, args ...any) { j.Fatal(fmt.Sprintf(format, args...)) }

// verdict is what r tells its test while run runs, and whether it ends it.
func verdict(r *Registry, run func()) (said string, ended bool) {
	j := &judge{TB: r.tb}
	defer func(before testing.TB) {
		r.tb = before
		if rec := recover(); rec != nil && rec != any(j) {
			panic(rec)
		}
		said, ended = strings.Join(j.said, "\n"), j.ended
	}(r.tb)
	r.tb = j
	run()
	return
}

// wantVerdict checks what r tells its test: nothing if part is "".
func wantVerdict(t *testing.T, r *Registry, part string, ends bool, run func()) {
	t.Helper()
	said, ended := verdict(r, run)
	if part == "" && said != "" || !strings.Contains(said, part) {
		t.Errorf("told the test %q, want %q", said, part)
	}
	if ended != ends {
		t.Errorf("ended the test: %v, want %v", ended, ends)
	}
}

// run calls inside in a span of the function, which ends with err.
func run(ctx context.Context, mon *monkit.Scope, name string, err error, inside ...func(ctx context.Context)) {
	defer mon.FuncNamed(name).Task(&ctx)(&err)
	for _, each := range inside {
		each(ctx)
	}
}
