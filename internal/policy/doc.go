// Package policy holds the rules of this repository as tests: who may import
// whom, what every package and file looks like, that the documents tell the
// truth about links and commands, and that every go.mod is tidy. It exports
// nothing; run it with
//
//	go test ./internal/policy
//
// A new package gets a row in the table of imports_test.go.
package policy
