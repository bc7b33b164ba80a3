//go:build unix

package environment

import (
	"errors"
	"io"
	"os"
)

// countEntries reads name in steps, since a process may have very many files.
func countEntries(name string) (int, error) {
	dir, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer dir.Close()
	for total := 0; ; {
		names, err := dir.Readdirnames(256)
		total += len(names)
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return 0, err
		}
	}
}
