// Package recent keeps the last minutes of every series in memory. It is the
// destination of a program or a relay that has no server to push to, and what
// live pages draw from:
//
//	store := recent.New()
//	c := collect.Every(time.Second, store)
//	...
//	for s := range store.Series(recent.Match("requests p99")) {
//		fmt.Println(s.Name, s.Last.Value)
//	}
//
// [AppendSparkline] draws what a series did as a small SVG image.
//
// A [Store] is bounded: by the number of series, by the samples of each, and
// by the window. A sample takes 16 bytes, in a ring that grows with its need;
// a series takes about 400 bytes beside that, and three times its name, which is at
// most 1 kB. With the defaults (10 000 series of at most 600 samples) a store
// never holds more than about 130 MB; 1 000 series with short names and a
// sample each 10 seconds hold about 1.5 MB.
// What found no place is counted, see [Store.Ledger] and [Store.Stats].
package recent
