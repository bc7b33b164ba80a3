//go:build !unix

package main

import "os"

// ignored and hangups are empty: this system has no such signals.
var ignored, hangups []os.Signal

// ignorePipes does nothing: here a write to a pipe that nothing reads fails.
func ignorePipes() {}
