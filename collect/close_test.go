package collect

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// away is a reporter whose destination never comes back.
type away struct{ probe }

func (a *away) Flush(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// A program that ends by defer c.Close(context.Background()) ends, even if
// what it pushes to does not run.
func TestCloseDoesNotWaitForWhatIsAway(t *testing.T) {
	for _, tt := range []struct {
		name  string
		limit time.Duration // zero is none
		want  time.Duration
	}{
		{"no deadline", 0, patience},
		{"a near one", time.Second, time.Second},
		{"a far one", time.Hour, time.Hour},
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
				if took := time.Since(began); took < tt.want || took > tt.want+2*grace {
					t.Errorf("Close took %v, want %v", took, tt.want)
				}
			})
		})
	}
}
