// Package monkit lets a program measure itself: how often its functions run
// and fail, how long they take, which functions call which, and any other
// number.
//
// Start with one variable a package and one line a function:
//
//	var mon = monkit.Package()
//
//	func Work(ctx context.Context, data []byte) (err error) {
//		defer mon.Task()(&ctx)(&err)
//		mon.Counter("queued").Inc(1)
//		mon.IntVal("size").Observe(int64(len(data)))
//		return nil
//	}
//
// Read the numbers with monkit.Stats, serve them with package present, or push
// them with package collect.
//
// A Scope makes and finds metrics by name and tags: Counter, Meter (and
// Event), Timer, IntVal, FloatVal, BoolVal, DurationVal, RawVal, StructVal,
// DiffMeter, Gauge and Func. Each is a StatSource: it emits samples, which
// have a SeriesKey, a field and a number. Scope.Chain and Scope.Attach add
// other sources. All calls are safe for concurrent use, except those of Dist.
// None fails, blocks or panics: a scope counts what goes wrong inside and
// reports it as the series monkit_scope.
//
// # Names
//
// A sample is called measurement,tag=value field. Every series of a scope
// carries the tag scope.
//
//	function,name=N          current highwater successes errors panics failures total
//	function,error_name=E    count
//	function_times,kind=K    count sum min max rmin ravg r10 r50 r90 r95 r99 r999 rmax recent, in seconds
//	a Timer, DurationVal     the same fields, in seconds
//	an IntVal, FloatVal      the same fields
//	a BoolVal                disposition false recent true
//	a Counter                high low value
//	a Meter, Event           rate total
//	a DiffMeter              rate total
//	a RawVal                 recent, and count and sum with those aggregations
//	a StructVal              a field for each number
//	a Gauge                  value
//	monkit_scope             callback_panics kind_conflicts overflows unlisted_spans
//
// An error counts under the name that NameError, its method Name, or a handler of
// AddErrorNameHandler gives it, or that it has as a known error of the standard
// library, such as EOF, Canceled or Timeout. All others count as System Error.
//
// A distribution without values emits only count. It leaves out rmin to rmax
// while it has had no value for two minutes. A Counter that was never changed
// emits only value, a scope without failures no monkit_scope.
package monkit
