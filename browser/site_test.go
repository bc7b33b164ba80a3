package browser

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"monkit.example/monkit"
	"monkit.example/present"
	"monkit.example/tracing"
)

// A site is the pages of a registry that has a bit of everything.
type site struct {
	*httptest.Server
	registry *monkit.Registry
	recorder *tracing.Recorder
}

// newSite serves a registry with functions, whose names are as long as
// those of real programs, with open spans, with errors, and with retained
// traces. It ends with the test.
func newSite(t *testing.T, functions int) site {
	t.Helper()
	r := monkit.NewRegistry()
	recorder := tracing.NewRecorder(r, tracing.RecorderOptions{})
	t.Cleanup(recorder.Close)
	for i := range functions {
		s := r.ScopeNamed(fmt.Sprintf("company.example/platform/services/storage/replication%d", i/20))
		f := s.FuncNamed(fmt.Sprintf("(*ReplicationCoordinator).ReconcileSegment%d", i))
		ctx := context.Background()
		finish := f.Task(&ctx, fmt.Sprintf("tenant-%d", i), strings.Repeat("argument", 4))
		call(ctx, s.FuncNamed("(*Store).Read"), nil)
		call(ctx, s.FuncNamed("(*Store).Write"), errors.New("the disk is full: "+strings.Repeat("no space left on device, ", 4)))
		var err error
		if i%3 == 0 {
			err = errors.New("cannot reconcile")
		}
		finish(&err)
		s.Counter("segments", monkit.NewSeriesTag("tier", "cold")).Inc(int64(i))
	}
	openSpans(t, r, 15)
	server := httptest.NewServer(present.HTTPWith(r, present.Options{Recorder: recorder}))
	t.Cleanup(server.Close)
	return site{server, r, recorder}
}

func openSpans(t *testing.T, r *monkit.Registry, n int) {
	t.Helper()
	s := r.ScopeNamed("company.example/platform/services/frontend")
	for i := range n {
		ctx := context.Background()
		finish := s.FuncNamed(fmt.Sprintf("(*Server).Handle%d", i%7)).Task(&ctx, i)
		inner := s.FuncNamed("(*Client).Do").Task(&ctx)
		t.Cleanup(func() {
			inner(nil)
			finish(nil)
		})
	}
}

func call(ctx context.Context, f *monkit.Func, err error) {
	defer f.Task(&ctx)(&err)
}
