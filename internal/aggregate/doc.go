// Package aggregate adds up lines that report changes, as StatsD lines do, into
// series that are read at intervals. [Aggregate] is a Reporter for the lines and a
// StatSource for the series. It knows points, and no sockets and no formats.
//
// What becomes of the points of one name and its tags:
//
//	CounterDelta       total: the sum of all values
//	Gauge, GaugeDelta  value: the newest value, moved by the changes since
//	Sample             count, sum, min, max, recent; and of the last one to two
//	                   minutes rmin, ravg, r10, r50, r90, r95, r99, r999, rmax
//	SetMember          count: how many different members came since the last walk
//
// A series that gets no more lines is emitted for an hour as it is, and then
// deleted. That of a set is emitted with the count 0 once, and deleted. A sample
// with the weight w counts as w values in count, sum and ravg, and as one
// everywhere else.
//
// A point with a time of its own, [reporters.Point.Stamped], is not added to a
// series: it is passed on at once, in the field value. Those of one name and time in
// one batch are one point: of counts the sum, of gauges the last. Further samples, and
// points of another kind, are dropped. A destination that gets the same name and time
// in two batches keeps one of them, which is mostly the later.
//
// Memory is bounded in bytes, and each listener has an equal share, so that the
// names of one cannot use up the room of the others. See [Options]. What encoders
// remember of a name with tags that they write like a name without is not counted: such
// a pair takes up to 4 KiB more.
//
// The kind of a field is that of its first walk. So a total that falls, since a count
// is negative, is a restart to OTLP and to a sum of two names that are written alike;
// and the count of a timer is a gauge if the name was that of a set shortly before.
package aggregate
