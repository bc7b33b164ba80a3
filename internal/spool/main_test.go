package spool

import (
	"fmt"
	"os"
	"testing"
)

// childEnv has a program of the table below run instead of the tests, in the
// directory that spoolEnv names.
const (
	childEnv = "SPOOL_TEST_CHILD"
	spoolEnv = "SPOOL_TEST_DIR"
)

var children = map[string]func(dir string) error{"append": appendForEver}

func TestMain(m *testing.M) {
	name := os.Getenv(childEnv)
	if name == "" {
		os.Exit(m.Run())
	}
	if err := children[name](os.Getenv(spoolEnv)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
