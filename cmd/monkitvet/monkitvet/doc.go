// Package monkitvet finds uses of monkit that compile and measure nothing, or
// the wrong thing. Run it as the command monkitvet, or give Analyzer to a
// driver of golang.org/x/tools/go/analysis, such as multichecker.
//
// It reports, of monkit.example/monkit and github.com/spacemonkeygo/monkit/v3
// alike:
//
//	defer mon.Task()(&ctx)             the run begins when the function returns, and never ends
//	defer mon.Start(&ctx)              the same
//	defer mon.Task()                   nothing is measured
//	mon.Task()(&ctx)(&err)             the run ends at once, for want of defer
//
// and in functions that return an error
//
//	defer mon.Task()(&ctx)(nil)        errors are not counted
//	defer mon.Task()(&ctx)(&err)       the same, where err is not the named result, because the
//	                                   result has no name or err is declared anew
//
// and a Task in a variable that several functions of its package call: it
// counts all of them for the one that happens to be first.
//
// Where there is only one way to put it right, the finding carries the fix,
// which the flag -fix applies. What is done on purpose passes: a variable that
// the function sets and does not return, and new(error), which hides what it
// returns. So does a variable that every return returns, or nil beside it.
package monkitvet
