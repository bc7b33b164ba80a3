// Package monkitvet finds uses of monkit that compile but measure nothing, or
// the wrong thing. Run it as the command monkitvet, or pass Analyzer to a
// driver of golang.org/x/tools/go/analysis, such as multichecker.
//
// It checks uses of monkit.example/monkit and of
// github.com/spacemonkeygo/monkit/v3. In all functions it reports
//
//	defer mon.Task()(&ctx)             the run begins when the function returns and never ends
//	defer mon.Start(&ctx)              the same
//	defer mon.Task()                   nothing is measured
//	mon.Task()(&ctx)                   the run never ends
//	mon.Task()(&ctx)(&err)             the run ends at once, because defer is missing
//
// and in functions that return an error
//
//	defer mon.Task()(&ctx)(nil)        errors are not counted
//	defer mon.Task()(&ctx)(&err)       the same, if err is not the named result: the result has no
//	                                   name, or a variable err inside the function shadows it
//
// It also reports a Task in a variable that several functions of the package
// call, because such a Task counts all of them under the name of the function
// that runs first. In goroutines, which are literals in go statements and those
// that methods Go, TryGo and AfterFunc get, it reports
//
//	defer mon.Task()(&ctx)(&err)       if the function around uses the same ctx or err before it waits
//	                                   for the goroutine, or a loop starts several: a data race
//
// After defer c.Close(ctx) of a collector, a reporter or a zipkin.Exporter it reports
//
//	log.Fatal(err), os.Exit(1)         the process ends without the deferred call, and loses the last
//	                                   values; so do functions of the package that call one of these,
//	                                   and those of zap, logrus, glog and klog
//
// If there is only one way to correct a finding, the finding carries the fix,
// which the flag -fix applies. Uses that can be intended are not reported: a
// variable that the function assigns and does not return; new(error), which
// hides the returned error; and a variable, other than the result, if every
// return statement returns that variable or nil.
package monkitvet
