// Command monkitvet finds uses of monkit that compile but measure nothing, or
// the wrong thing: a last call that is missing, a last call that gets nil or
// the wrong &err although the function returns an error, and a Task that
// several functions share. Package monkitvet documents each finding. Run the
// command by itself, or under go vet, which caches results:
//
//	monkitvet ./...
//	monkitvet -fix ./...
//	go vet -vettool=$(which monkitvet) ./...
//
// The exit code is 0 if there are no findings.
package main

import (
	"golang.org/x/tools/go/analysis/singlechecker"

	"monkit.example/cmd/monkitvet/monkitvet"
)

func main() { singlechecker.Main(monkitvet.Analyzer) }
