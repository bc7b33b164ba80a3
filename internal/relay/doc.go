// Package relay receives lines on listeners and hands them to destinations.
// Make a [Relay] from a [Config] with [New], which checks all addresses before
// it binds any, and [Relay.Run] it until its context ends; it then takes in
// what has arrived, delivers what it can in time, and ends with a [Ledger] of
// every line.
//
// A listener's bytes are decoded into a batch, which goes to each destination:
// as the bytes they came in where the format is the same, encoded anew where
// it is another.
//
// With [Config.HTTP] a relay has admin pages: the ledger as it stands, the lines
// it refused last, whether it is well, and the pages of [Config.Registry]. They
// show no credentials, and what was received only with all that could do
// something to a reader written out.
package relay
