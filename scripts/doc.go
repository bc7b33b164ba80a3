// Package scripts tests monkit-relay as a user runs it: each file of testdata is a
// script that starts the program, sends lines to it and looks at what it prints,
// answers and leaves on disk. Run them with
//
//	go test ./...
//
// It has only tests. It is a module of its own, so that the library that runs the
// scripts does not become a requirement of programs that import this project.
package scripts
