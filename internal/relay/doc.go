// Package relay receives lines on listeners and hands them to destinations.
// Make a [Relay] from a [Config] with [New], which checks all addresses before
// it binds any, and [Relay.Run] it until its context ends; it then takes in
// what has arrived, delivers what it can in time, and ends with a [Ledger] of
// every line.
//
// A listener's bytes are decoded into a batch, which goes to each destination:
// as the bytes they came in where the format is the same, encoded anew where
// it is another.
package relay
