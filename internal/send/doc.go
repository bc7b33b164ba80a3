// Package send gets payloads out: bytes that are whole lines of some format,
// whose meaning it does not know.
//
// [Open] makes a [Transport] from an endpoint, [New] puts a queue and a
// goroutine before it, and [Sender.Send] hands over a payload without ever
// waiting:
//
//	t, err := send.Open(ep, send.DialOptions{})
//	s := send.New(t, send.Options{Name: ep.Destination()})
//	s.Send(ctx, payload, lines)
//	s.Close(ctx)
//
// What cannot be delivered is tried again with the same bytes until it is too
// old or newer payloads need its place; both are counted. [Sender.Ledger]
// accounts for every line: accepted = delivered + dropped + pending, always.
//
// What delivered means depends on what the transport can know:
//
//	http, https     the server answered that it has stored the lines
//	tcp on Linux    the peer's system has acknowledged the bytes
//	tls on Linux    the same, known whenever nothing is under way
//	unix on Linux   the peer has read the bytes
//	tcp, tls, unix  elsewhere: the local system took the bytes
//	udp, unixgram   the local system took the datagram, once
//
// What was written to a stream and not acknowledged when the connection broke
// is sent again from the start of its line, so a line may arrive twice, but
// never in part behind another. Set [Options.AtMostOnce] for lines that must rather
// be lost than arrive twice.
package send
