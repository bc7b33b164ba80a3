// Package reporters is what every exporter shares. To push a program's
// metrics use one of the formats below it with package collect:
//
//	collect.Every(10*time.Second, graphite.New("127.0.0.1:2003"))
//
// To write an exporter of your own implement [Reporter]; for a line format,
// implement [Encoder] and let [NewPusher] do the cutting, counting and sending.
//
// One value flows through all of it, the [Batch]: the collector (or a
// [Decoder], for lines from the wire) fills it, an Encoder turns its points
// into bytes, a [Sender] that knows only bytes gets them out.
//
// Whatever is lent to a method here is the caller's again when it returns:
// Report, Send, AppendRun and Decode keep nothing they were passed.
package reporters
