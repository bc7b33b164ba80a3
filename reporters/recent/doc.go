// Package recent keeps the last minutes of every series in memory. It is the
// destination of programs and relays that have no server to push to, and the
// source of live pages:
//
//	store := recent.New()
//	c := collect.Every(time.Second, store)
//	...
//	for s := range store.Series(recent.Match("requests p99")) {
//		fmt.Println(s.Name, s.Last.Value)
//	}
//
// [AppendSparkline] draws the samples of a series as a small SVG image.
//
// A [Store] bounds the number of series, the samples of each, and their age. A
// sample takes 16 bytes, in a ring that grows as needed. A series takes about
// 400 bytes and three times its name, which is at most 1 kB. With the defaults
// (10 000 series of at most 600 samples) a store takes at most about 130 MB;
// 1 000 series with short names and a sample every 10 seconds take about 1.5 MB.
// Points that are not kept are counted: see [Store.Ledger] and [Store.Stats].
package recent
