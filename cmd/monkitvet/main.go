// Command monkitvet finds uses of monkit that compile and measure nothing, or
// the wrong thing: a last call that is missing, nil or the wrong &err where
// the function returns an error, a Task that several functions share. Package
// monkitvet says more. Run it by itself or under go vet, which remembers what
// it has seen:
//
//	monkitvet ./...
//	monkitvet -fix ./...
//	go vet -vettool=$(which monkitvet) ./...
//
// It exits with 0 if there is nothing to tell.
package main

import (
	"golang.org/x/tools/go/analysis/singlechecker"

	"monkit.example/cmd/monkitvet/monkitvet"
)

func main() { singlechecker.Main(monkitvet.Analyzer) }
