// Package faultsink has servers for tests that follow a script of faults and
// record every line they receive. Start one with [NewTCP], [NewUnix], [NewHTTP],
// [NewUDP] or [NewUnixgram].
//
//	sink := faultsink.NewTCP(t, faultsink.ReadThenReset(100), faultsink.ReadAll())
//	… send to sink.Addr() …
//	sink.WaitLines(1000)
//
// A script has one step for each connection, or one reply for each request. The
// last one also serves all that follow. A server without a script has no faults.
// Each server stops when its test ends, and waits for its goroutines.
package faultsink
