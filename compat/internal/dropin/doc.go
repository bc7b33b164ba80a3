// Package dropin tests that this module can replace monkit/v3, whose path it
// has: every exported name compiles with its type, the tests of monkit/v3 pass,
// and so do the tests of libraries that are instrumented with it. The package
// has only tests; run them with
//
//	go test ./internal/dropin
//
// The tests work on copies of downloaded modules. They are skipped if a module
// cannot be downloaded, or fail then if the environment has CI=true.
package dropin
