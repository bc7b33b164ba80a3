// Package relay receives lines on listeners and forwards them to destinations.
// Make a [Relay] from a [Config] with [New], which checks all addresses before
// it binds one, and call [Relay.Run]. When the context of Run ends, the relay
// reads what has arrived, delivers for a limited time, and drops the rest.
// [Relay.Ledger] accounts for every line.
//
// The lines of a listener are decoded into batches, and each batch goes to every
// destination. A destination of the same format gets the lines unchanged, one of
// another format gets them encoded again. StatsD lines, which report changes, go
// to other formats as aggregates.
//
// With [Config.HTTP] a relay serves admin pages: its ledger, the newest lines
// that it rejected, its health, and the pages of [Config.Registry]. They show no
// credentials. Received text is escaped so that it can neither add elements nor
// hide or reorder characters.
package relay
