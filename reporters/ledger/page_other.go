//go:build !(linux || darwin || freebsd || netbsd || dragonfly)

package ledger

import (
	"errors"
	"os"
)

const canMap = false

func lockFile(*os.File) error { return errors.ErrUnsupported }

func unlockFile(*os.File) {}

func mapFile(*os.File, int) ([]byte, error) { return nil, errors.ErrUnsupported }

func unmap([]byte) {}
