// Package faultsink has servers for tests that misbehave on script, and
// remember every line they got: start one with [NewTCP], [NewUnix],
// [NewHTTP], [NewUDP] or [NewUnixgram].
//
//	sink := faultsink.NewTCP(t, faultsink.ReadThenReset(100), faultsink.ReadAll())
//	… send to sink.Addr() …
//	sink.WaitLines(1000)
//
// A script has one step a connection, or a request; the last step stands for
// all that follow, and no step at all is good behaviour. Each server ends with
// its test, and joins its goroutines.
package faultsink
