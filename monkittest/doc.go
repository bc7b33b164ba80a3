// Package monkittest lets a test see what the code under test measured.
//
// Start with New, a registry for one test, and hand a scope of it to the code:
//
//	r := monkittest.New(t)
//	serve(ctx, r.Package())
//	r.Want("plays value", 3)
//	r.WantTree(`
//		serve
//		  fetch: not found`)
//
// Code whose scope is a variable of its package uses monkit.Default. Watch
// that, and ask for what was added since, for others count there too. Of two
// such tests that run in parallel each sees what the other does:
//
//	r := monkittest.Watch(t, monkit.Default)
//	r.WantAdded("function,name=serve errors", 1)
//
// # Names of series
//
// A value is asked for as measurement,tag=value field, the way monkit.Collect
// and the page /stats name it, but only those tags that set it apart are
// needed: "plays value" is the value of plays with whatever tags, as long as
// there is only one.
//
// # Waiting
//
// Wait and WaitSpan return when what they wait for is there, and end the test
// when their context ends, or after Patience if it has no deadline. Nothing of
// this package runs in the background. In a testing/synctest bubble Patience is
// of the bubble's time: waiting for what cannot come any more ends at once.
package monkittest
