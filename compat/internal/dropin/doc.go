// Package dropin proves that the module it is part of takes the place of the
// library whose path it has: every exported name compiles with its type, that
// library's own tests pass, and so do those of libraries that are instrumented
// with it. It has only tests; run them with
//
//	go test ./internal/dropin
//
// They work on copies of downloaded modules, and skip themselves where nothing
// can be downloaded; with CI=true that is a failure.
package dropin
