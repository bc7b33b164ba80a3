//go:build !linux

package environment

import "os"

func executablePath() (string, error) { return os.Executable() }
