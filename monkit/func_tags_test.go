package monkit

import (
	"errors"
	"testing"
)

// In monkit/v3 the series of a function replace a tag kind or error_name of the
// caller, so that two functions that differ in it emit one series.
func TestFunctionsThatDifferInATagOfTheirSeriesStayTwo(t *testing.T) {
	for _, tag := range []string{"kind", "error_name"} {
		r := NewRegistry()
		s := r.ScopeNamed("app")
		for _, run := range []struct {
			val  string
			runs int
		}{{"a", 1}, {"b", 2}} {
			for range run.runs {
				s.TaskNamed("work", SeriesTag{tag, run.val})(nil)(nil)
				err := errors.New("failed")
				s.TaskNamed("work", SeriesTag{tag, run.val})(nil)(&err)
			}
		}
		stats := NewFuncStats(NewSeriesKey("own").WithTag(tag, "c"))
		var none error
		func() { defer stats.Observe()(&none) }()

		seen := map[string]float64{}
		for _, src := range []StatSource{r, stats} {
			src.Stats(func(key SeriesKey, field string, val float64) {
				name := key.WithField(field)
				if _, twice := seen[name]; twice {
					t.Errorf("tag %s: %s is emitted twice", tag, name)
				}
				seen[name] = val
			})
		}
		for name, want := range map[string]float64{
			"function,name=work,scope=app,tag_" + tag + "=a total":                           2,
			"function,name=work,scope=app,tag_" + tag + "=b total":                           4,
			"function_times,kind=success,name=work,scope=app,tag_" + tag + "=a count":        1,
			"function_times,kind=failure,name=work,scope=app,tag_" + tag + "=b count":        2,
			"function,error_name=System\\ Error,name=work,scope=app,tag_" + tag + "=b count": 2,
			"own_times,kind=success,tag_" + tag + "=c count":                                 1,
		} {
			if seen[name] != want {
				t.Errorf("tag %s: %s is %v, want %v", tag, name, seen[name], want)
			}
		}
	}
}
