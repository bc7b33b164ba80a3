// Package monkittest lets a test check what the code under test measured.
//
// Start with New, which returns a registry for one test, and pass a scope of
// that registry to the code:
//
//	r := monkittest.New(t)
//	serve(ctx, r.Package())
//	r.Want("plays value", 3)
//	r.WantTree(`
//		serve
//		  fetch: not found`)
//
// Code whose scope is a package variable measures itself in monkit.Default.
// Watch that registry and check by how much a value grew, because other code
// counts there too. Two such tests that run in parallel see each other's
// values and spans:
//
//	r := monkittest.Watch(t, monkit.Default)
//	r.WantAdded("function,name=serve errors", 1)
//
// # Names of series
//
// A value is named measurement,tag=value field, as in monkit.Collect and on
// the page /stats. Tags may be left out as long as exactly one value matches:
// "plays value" finds the value of plays whatever its tags are, if there is
// only one.
//
// # Waiting
//
// Wait and WaitSpan return as soon as the value or the span is there. They end
// the test when their context ends, or after DefaultTimeout if the context has
// no deadline. The package starts no goroutines. In a testing/synctest bubble
// DefaultTimeout is bubble time, so waiting for what cannot happen any more
// fails at once.
package monkittest
