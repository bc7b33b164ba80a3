package monkit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
)

func TestSmoke(t *testing.T) {
	r := NewRegistry()
	s := r.ScopeNamed("p")
	s.Counter("c").Inc(3)
	s.IntVal("i").Observe(5)
	s.Gauge("g", func() float64 { return 2 })
	s.Event("e")
	run := func(ctx context.Context, e error) (err error) {
		defer s.Task()(&ctx)(&err)
		func() {
			defer s.Task()(&ctx)(nil)
		}()
		return e
	}
	run(context.Background(), nil)
	run(context.Background(), fmt.Errorf("x: %w", io.EOF))
	run(context.Background(), errors.New("x"))
	r.Stats(func(key SeriesKey, field string, val float64) { t.Log(key.WithField(field), val) })
	r.Funcs(func(f *Func) { t.Log(f.FullName()); f.Parents(func(f *Func) { t.Log(f) }) })
}
