// Package reporters has the parts that all exporters share. To push a
// program's metrics, use one of the formats below it with package collect:
//
//	collect.Every(10*time.Second, graphite.New("127.0.0.1:2003"))
//
// To export in another way, write one of these:
//
//   - a [Reporter], which gets every batch and does what it likes with it;
//   - an [Encoder] for another line format, with package reporters/lines, which
//     does all the rest: addresses, queue, retries, ledger;
//   - a [Sender] for another transport, with [NewPusher], which encodes, cuts
//     lines into payloads and counts them.
//
// A collector, or a [Decoder] for lines that were received, fills a [Batch].
// An Encoder writes its points as bytes. A Sender, which knows nothing of
// points, sends these.
//
// A line that a relay receives and sends in the same format needs no points. A
// decoder may therefore be a [Scanner] as well, by which such lines are found as
// a [Span] of bytes, and a reporter a [SpanReporter], which takes them. Both are
// options: without them lines are decoded.
//
// Arguments are borrowed: Report, Send, AppendRun and Decode must not keep
// memory that they are passed once they return, and must not change it.
package reporters
