package collect

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// away is a reporter whose destination is never available.
type away struct{ probe }

func (a *away) Flush(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// A program that calls Close(context.Background()) at its end must end, even if
// a destination does not run.
func TestCloseDoesNotWaitForAnUnavailableDestination(t *testing.T) {
	for _, tt := range []struct {
		name  string
		limit time.Duration // zero is none
		want  time.Duration
	}{
		{"no deadline", 0, closeTimeout},
		{"a near deadline", time.Second, time.Second},
		{"a far deadline", time.Hour, time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := New(counting(), noSpread, &away{probe{name: "away"}})
				ctx, cancel := t.Context(), context.CancelFunc(func() {})
				if tt.limit > 0 {
					ctx, cancel = context.WithTimeout(ctx, tt.limit)
				}
				defer cancel()
				began := time.Now()
				if err := c.Close(ctx); err == nil || !strings.Contains(err.Error(), "away") {
					t.Errorf("Close() = %v, want what was abandoned", err)
				}
				if took := time.Since(began); took < tt.want || took > tt.want+2*graceTime {
					t.Errorf("Close took %v, want %v", took, tt.want)
				}
			})
		})
	}
}
