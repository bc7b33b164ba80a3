//go:build unix && !solaris && !aix

package spools

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestLookingAtTheLockDoesNotDisturbAnother looks at a lock while another looks,
// and while a process has it.
func TestLookingAtTheLockDoesNotDisturbAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), lockFile)
	write(t, path, nil)
	for how, want := range map[int]bool{syscall.LOCK_SH: false, syscall.LOCK_EX: true} {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Flock(int(f.Fd()), how); err != nil {
			t.Fatal(err)
		}
		if is, err := locked(path); is != want || err != nil {
			t.Errorf("lock %d: locked is %v, %v", how, is, err)
		}
		f.Close()
	}
}
