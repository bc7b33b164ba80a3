package servers

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Find returns the path of a command. Where it is missing the test is skipped,
// or failed with CI=true; from says what would install it.
func Find(t testing.TB, command, from string) string {
	t.Helper()
	for _, dir := range []string{cachedBin(), "", "/usr/sbin"} {
		if path, err := exec.LookPath(filepath.Join(dir, command)); err == nil {
			return path
		}
	}
	const format = "%s is not installed (%s); run `make servers` as root"
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, command, from)
	}
	t.Skipf(format, command, from)
	return ""
}

// Root returns the repository's folder: the nearest one above with a Makefile.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "Makefile")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("find the repository: no Makefile above the test's folder")
		}
	}
}

// cachedBin is where `make servers` puts what is built from source; "" leaves
// the search to PATH.
func cachedBin() string {
	dir, err := Root()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, ".cache", "bin")
}

// FreeAddr returns an address of 127.0.0.1 that is free for TCP and UDP. It is
// outside the range from which the kernel serves port 0, so that no other
// socket takes it before the server does.
func FreeAddr(t testing.TB) string {
	t.Helper()
	for range 100 {
		addr := fmt.Sprintf("127.0.0.1:%d", 15000+rand.IntN(15000))
		if bindable(addr) {
			return addr
		}
	}
	t.Fatal("find a free port: 100 of 100 tried are taken")
	return ""
}

func bindable(addr string) bool {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return false
	}
	defer l.Close()
	p, err := net.ListenPacket("udp", addr)
	if err != nil {
		return false
	}
	p.Close()
	return true
}
