// Package send delivers payloads to a destination: it queues them, retries
// them and accounts for their lines. A payload is the bytes of whole lines in
// some format, which this package does not need to know. Payloads that wait are
// joined into chunks, except for datagrams.
//
// [Open] makes a [Transport] from an endpoint. [New] puts a queue in front of it
// and starts a goroutine that empties the queue. [Sender.Send] queues a copy of a
// payload and never blocks:
//
//	t, err := send.Open(ep, send.DialOptions{})
//	s := send.New(t, send.Options{Name: ep.Destination()})
//	s.Send(ctx, payload, lines)
//	s.Close(ctx)
//
// After a failure the same lines are sent again, until they are too old or newer
// ones need their place. Both are counted. With [Options.Spool] lines that
// cannot be sent soon wait on disk, and survive the end of the process.
// [Sender.Ledger] always balances: accepted = delivered + dropped + pending.
//
// What delivered means depends on what the transport can know:
//
//	http, https     the server answered that it has stored the lines
//	tcp on Linux    the peer's system has acknowledged the bytes
//	tls on Linux    the same, but known only when it has acknowledged all bytes,
//	                and on a new connection of TLS 1.3 not before the server sends
//	                something or a second has passed: it may refuse the client
//	unix on Linux   the peer has read the bytes
//	tcp, tls, unix  on other systems: the local system took the bytes
//	udp, unixgram   the local system took the datagram, which is sent once
//
// When a stream breaks, the lines that were written and not acknowledged are sent
// again over a new connection, and so is what was acknowledged within the last ten
// seconds: the peer may have died before it read that. Close waits up to a second
// for the peer to end the stream in turn, and sends again as long as its context
// allows if the peer resets it instead. A line may arrive twice,
// but no connection begins within a line. Set [Options.AtMostOnce] if a line must
// rather be lost than arrive twice.
//
// A stream is slow as long as its peer takes bytes. It is given up if the peer
// takes none for 5 minutes or, on Linux, if its system acknowledges nothing for
// 20 s. The kernel discards then what will be sent again.
//
// Names are resolved at the first use, every 30 s while they are used, and after
// each failure; the known addresses stay if that fails. A failed address is
// tried again after all others. Streams drain, and http and udp change over,
// when the name no longer has the address in use, or the path of a unix socket
// has another one. Certificates, keys and tokens
// are read from their files for each handshake or request: a file that is
// missing is a failure like that of a server, and tried again.
package send
