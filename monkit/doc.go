// Package monkit lets a program measure itself: how often its functions run
// and fail, how long they take, who calls whom, and any number it cares about.
//
// Start with one variable a package and one line a function:
//
//	var mon = monkit.Package()
//
//	func Work(ctx context.Context) (err error) {
//		defer mon.Task()(&ctx)(&err)
//		mon.Counter("queued").Inc(1)
//		mon.IntVal("size").Observe(int64(len(data)))
//
// and look at it with monkit.Stats, package present, or what package collect
// pushes.
//
// A Scope makes and finds Counter, Meter (and Event), Timer, IntVal, FloatVal,
// BoolVal, DurationVal, Gauge and Func by name and tags. Each is a StatSource:
// it tells its values as samples of a SeriesKey, a field and a number. Other
// sources join by Scope.Chain or Scope.Attach. All calls are safe for
// concurrent use, except for those of Dist, and none fails, blocks or panics:
// what goes wrong inside is counted, and told as series monkit_scope.
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
//	a RawVal                 recent, and count, sum where asked for
//	a StructVal              a field for each number
//	a Gauge                  value
//
// Of a distribution without values there is only count; rmin to rmax are left
// out while the last two minutes have none. A Counter that was never changed
// has only value.
package monkit
