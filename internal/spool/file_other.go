//go:build !linux

package spool

import (
	"errors"
	"os"
)

func allocate(*os.File, int64) error { return errors.ErrUnsupported }

func syncFile(f *os.File) error { return f.Sync() }
