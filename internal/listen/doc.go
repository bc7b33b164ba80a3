// Package listen reads lines from sockets as fast as they arrive and does
// nothing else with them. [Open] binds a [Listener]. [Listener.Run] reads into
// a bounded ring and passes whole lines from the ring to a function of the
// caller; datagrams that can be taken at once do without the ring, see
// Options.Direct.
//
// The end of a datagram ends its last line, and datagrams are never joined.
// The last line of a stream counts only if its line end arrived: without one
// it may have been cut.
//
// No loss is silent. A datagram that finds the ring full is rejected, and its
// lines are counted. A stream waits for room in the ring, and as the kernel's
// buffers fill up, its sender waits too. On Linux the datagrams that the
// kernel dropped are known as well, see [Listener.KernelDrops]. Every line that
// arrived is accounted for by a ledger.ListenerBook. It is counted as received
// before it enters the ring, and as accepted or rejected when it was taken, so that
// the book of a process that was killed shows what was lost in the ring.
//
// Small pieces that arrive in quick succession are coalesced, for up to 10 ms
// in the kernel and as long again behind it, because a wake-up costs far
// more than reading a few lines. Input after a pause is passed on at once. A
// delay ends early when Run ends or a stream needs room in the ring.
//
// The files of a tls listener are read again by each handshake if they have
// changed. While one of them cannot be used, handshakes fail, are counted, and
// the reason is logged once a minute.
//
// Connections are bounded in number, and so are unfinished TLS handshakes: a
// newcomer replaces the one that was in use the longest time ago, see
// Options.MaxConns. A stream is in use when it sends a whole line that is not
// blank. One that starts with a request of HTTP, or with a TLS handshake where none
// is expected, is closed before anything of it is taken for a line. Such
// connections are counted by reason, see [Listener.RejectedConns], and each reason
// is logged once a minute.
//
// Memory is bounded: a listener holds at most twice Options.RingBytes, and 2
// MiB for datagrams, or for streams 4 KiB each and 32 MiB for all. While these are
// used up by streams that do not end their lines, or frames of a format that has
// them, longer ones than 4 KiB are rejected as buffers_full. One host has half of them
// at most, and others find half of what is left. An idle stream uses a buffer of 512 bytes, and 8 KiB in all; one of TLS
// uses 20 KiB.
package listen
