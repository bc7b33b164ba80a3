package dropin

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// v3Program is a program that was written for monkit/v3.
const v3Program = `package main

import (
	"context"
	"fmt"
	nethttp "net/http"
	"os"

	"github.com/spacemonkeygo/monkit/v3"
	"github.com/spacemonkeygo/monkit/v3/collect"
	"github.com/spacemonkeygo/monkit/v3/environment"
	"github.com/spacemonkeygo/monkit/v3/http"
	"github.com/spacemonkeygo/monkit/v3/present"
)

var mon = monkit.Package()

func work(ctx context.Context) (err error) {
	defer mon.Task()(&ctx)(&err)
	mon.IntVal("size").Observe(1)
	return nil
}

func main() {
	environment.Register(monkit.Default)
	nethttp.Handle("/", http.TraceHandler(present.HTTP(monkit.Default), mon))
	ctx := context.Background()
	defer mon.Task()(&ctx)(nil)
	spans := collect.CollectSpans(ctx, func(ctx context.Context) { work(ctx) })
	if err := present.SpansToJSON(os.Stderr, spans); err != nil {
		panic(err)
	}
	fmt.Print(mon.FuncNamed("work").Success())
}
`

// With the commands that README.md has for users of monkit/v3, a program runs
// without changes.
func TestReadme(t *testing.T) {
	download(t, v3Module, version) // go mod tidy needs it
	above := t.TempDir()
	if err := os.Symlink(repository(t), filepath.Join(above, "monkit")); err != nil {
		t.Skip(err)
	}
	dir := filepath.Join(above, "program")
	write(t, filepath.Join(dir, "main.go"), v3Program)
	write(t, filepath.Join(dir, "go.mod"), "module program\n\nrequire "+v3Module+" "+version+"\n")
	for line := range strings.Lines(readmeCommands(t)) {
		words := strings.Fields(line)
		cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", strings.TrimSpace(line), err, out)
		}
	}
	if got := mustRun(t, dir, "run", "."); got != "1" {
		t.Errorf("work succeeded %q times, want 1", got)
	}
}

// readmeCommands returns the block of README.md with the commands that replace
// the module.
func readmeCommands(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range strings.Split(string(text), "\n```") {
		if body, ok := strings.CutPrefix(block, "sh\n"); ok && strings.Contains(body, "-replace="+v3Module) {
			return body
		}
	}
	t.Fatal("README.md has no commands that replace monkit/v3")
	return ""
}
