package monkit

import (
	"slices"
	"strings"
	"testing"
)

// blockUntil is a transformer that blocks in each sample.
type blockUntil struct{ entered, release chan struct{} }

func (b blockUntil) Transform(cb func(SeriesKey, string, float64)) func(SeriesKey, string, float64) {
	return func(key SeriesKey, field string, val float64) {
		b.entered <- struct{}{}
		<-b.release
		cb(key, field, val)
	}
}

type blockingSource struct{ blockUntil }

func (b blockingSource) Stats(func(SeriesKey, string, float64)) {
	b.entered <- struct{}{}
	<-b.release
}

// open-telemetry/opentelemetry-go#4356 and #3663: a callback that blocks ends all
// reports of a program, which cannot find out which one it is.
func TestCallbackThatBlocksIsNamed(t *testing.T) {
	for _, tt := range []struct {
		name string
		add  func(s *Scope, b blockUntil)
		wrap func(r *Registry, b blockUntil) StatSource
		want string
	}{
		{"gauge", func(s *Scope, b blockUntil) {
			s.Gauge("stuck", func() float64 { b.entered <- struct{}{}; <-b.release; return 1 })
		}, nil, "gauge stuck,scope=s"},
		{"chained source", func(s *Scope, b blockUntil) { s.Chain(blockingSource{b}) }, nil, "source monkit.blockingSource of scope s"},
		{"transformer", func(s *Scope, _ blockUntil) { s.Counter("c").Inc(1) },
			func(r *Registry, b blockUntil) StatSource { return r.WithTransformers(NewDeltaTransformer(), b) }, "transformer monkit.blockUntil"},
		{"transformer of a chained source", func(s *Scope, b blockUntil) {
			s.Chain(TransformStatSource(NewCounter(NewSeriesKey("c")), b))
		}, nil, "transformer monkit.blockUntil"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := NewRegistry()
			b := blockUntil{make(chan struct{}, 100), make(chan struct{})}
			tt.add(r.ScopeNamed("s"), b)
			var src StatSource = r
			if tt.wrap != nil {
				src = tt.wrap(r, b)
			}
			done := make(chan struct{})
			go func() { defer close(done); Collect(src) }()
			<-b.entered
			if got := runningIn(src); !slices.Equal(got, []string{tt.want}) {
				t.Errorf("while it blocks: %q, want %q", got, tt.want)
			}
			close(b.release)
			<-done
			if got := runningIn(src); len(got) > 0 {
				t.Errorf("after the walk: %q, want none", got)
			}
		})
	}
}

func runningIn(src StatSource) (names []string) {
	src.(interface{ RunningCallbacks(func(string)) }).RunningCallbacks(func(name string) { names = append(names, name) })
	return names
}

// A transformer that panics must not cost the samples that others change.
func TestTransformerThatPanicsCostsItsSamplesOnly(t *testing.T) {
	bad := func(cb func(SeriesKey, string, float64)) func(SeriesKey, string, float64) {
		return func(key SeriesKey, field string, val float64) {
			if key.Measurement == "bad" {
				panic("transformer")
			}
			cb(key, field, val)
		}
	}
	for _, tt := range []struct {
		name      string
		transform CallbackTransformerFunc
		good      bool // whether the samples of the other metric are emitted
	}{
		{"in a sample", bad, true},
		{"in Transform", func(func(SeriesKey, string, float64)) func(SeriesKey, string, float64) { panic("transformer") }, false},
		{"no callback", func(func(SeriesKey, string, float64)) func(SeriesKey, string, float64) { return nil }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := NewRegistry()
			r.ScopeNamed("s").Counter("bad").Inc(1)
			r.ScopeNamed("t").Counter("good").Inc(1)
			src := r.WithTransformers(NewDeltaTransformer(), tt.transform, nil)
			all := strings.Join(keysOf(src), "\n")
			if got := strings.Contains(all, "good,scope=t "); got != tt.good {
				t.Errorf("samples of the other metric: %v, want %v, in\n%s", got, tt.good, all)
			}
			if !strings.Contains(all, "monkit_transformer,transformer=") {
				t.Errorf("the panics are not counted in\n%s", all)
			}
			if got := runningIn(src); len(got) > 0 {
				t.Errorf("after the walk %q is running", got)
			}
		})
	}
}

func keysOf(src StatSource) (keys []string) {
	src.Stats(func(key SeriesKey, field string, _ float64) { keys = append(keys, key.WithField(field)) })
	return keys
}

// A panic of the code that walks is not one of the transformer.
func TestPanicOfTheReaderPassesTransformers(t *testing.T) {
	r := NewRegistry()
	r.ScopeNamed("s").Counter("c").Inc(1)
	defer func() {
		if rec := recover(); rec != "reader" {
			t.Errorf("recovered %v, want the panic of the reader", rec)
		}
	}()
	r.WithTransformers(NewDeltaTransformer()).Stats(func(key SeriesKey, _ string, _ float64) {
		if key.Measurement == "c" {
			panic("reader")
		}
	})
}
