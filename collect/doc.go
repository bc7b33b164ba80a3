// Package collect reads a program's metrics at a steady pace and hands them to
// reporters. Two lines at the start of main are all that a program needs:
//
//	c := collect.Every(10*time.Second, graphite.New("127.0.0.1:2003"))
//	defer c.Close(context.Background())
//
// A collector walks its source once a tick, on the wall clock's multiples of
// the interval, into one [reporters.Batch] that all reporters share: they see
// the same values with the same time. Each reporter has a goroutine and a
// place for one waiting batch, so none of them costs the tick or another
// reporter anything; what one could not take is counted against it.
//
// [Collector.Flush] and [Collector.Close] walk once more, so that the last
// moments of a program are not lost: call Close before main returns.
package collect
