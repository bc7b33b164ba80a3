// Package policy holds the rules of this repository as tests: which package may
// import which, what every package and file looks like, that links and commands
// in the documents work, and that every go.mod is tidy. It exports nothing. Run it
// with
//
//	go test ./internal/policy
//
// A new package needs a row in the table of imports_test.go.
package policy
