//go:build !race

package monkitslog

import (
	"context"
	"io"
	"log/slog"
	"testing"

	"monkit.example/monkit"
)

// TestAllocsOfARecord counts allocations of the Handler alone: the next handler
// makes none.
func TestAllocsOfARecord(t *testing.T) {
	ctx, _ := inSpan(t, monkit.NewTrace128(1, 2))
	l := slog.New(New(slog.NewJSONHandler(io.Discard, nil))).With("a", 1)
	for _, tt := range []struct {
		name string
		ctx  context.Context
		log  *slog.Logger
		want float64
	}{
		{"without a span", context.Background(), l, 0},
		{"without a span, in a group", context.Background(), l.WithGroup("g"), 0},
		{"two ids", ctx, l, 5},
		{"two ids and a group", ctx, l.WithGroup("g"), 6},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := testing.AllocsPerRun(100, func() { tt.log.LogAttrs(tt.ctx, slog.LevelInfo, "sold", slog.Int("b", 2)) })
			if got > tt.want {
				t.Errorf("%v allocations a record, want at most %v", got, tt.want)
			}
		})
	}
}
