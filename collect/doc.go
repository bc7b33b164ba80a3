// Package collect reads a program's metrics at regular times and passes them to
// reporters. Two lines at the start of main are enough:
//
//	c := collect.Every(10*time.Second, graphite.New("127.0.0.1:2003"))
//	defer c.Close(context.Background())
//
// At each tick, which is a multiple of the interval on the wall clock, a
// collector walks its source once and fills one [reporters.Batch]. All
// reporters get this batch, so they report the same values with the same time.
// Each reporter is called from its own goroutine, with room for one waiting
// batch: a slow reporter delays neither the ticks nor other reporters. A batch
// that is still waiting when the next one comes is dropped and counted.
//
// Code that a walk calls, such as a gauge, may block or panic. A walk that takes
// long is logged with what it is in, the ticks that come until it ends are counted
// as skipped, and Flush and Close return when their context ends all the same.
//
// Times follow the wall clock: if that was set by more than an interval, which is
// logged and counted, the next batch has the time that it shows now. After a
// smaller step back, times go on increasing.
//
// [Collector.Flush] and [Collector.Close] walk once more. Call Close before
// main returns, so that the last values of the program are reported.
package collect
