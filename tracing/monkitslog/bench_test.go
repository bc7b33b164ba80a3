package monkitslog

import (
	"context"
	"io"
	"log/slog"
	"testing"
)

func BenchmarkHandler(b *testing.B) {
	next := slog.NewJSONHandler(io.Discard, nil)
	ctx, _ := inSpan(b, nil)
	for _, bb := range []struct {
		name string
		ctx  context.Context
		log  *slog.Logger
	}{
		{"next handler only", ctx, slog.New(next).With("a", 1)},
		{"no span", context.Background(), slog.New(New(next)).With("a", 1)},
		{"span", ctx, slog.New(New(next)).With("a", 1)},
		{"next handler only, group", ctx, slog.New(next).With("a", 1).WithGroup("g")},
		{"span, group", ctx, slog.New(New(next)).With("a", 1).WithGroup("g")},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bb.log.LogAttrs(bb.ctx, slog.LevelInfo, "sold", slog.Int("b", 2))
			}
		})
	}
}
