package servers

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Find returns the path of a command. If there is none, the test is skipped, or
// fails if the environment has CI=true. The message has from, the package that
// installs the command.
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

// Root returns the folder of the repository: the nearest one above the test with
// a Makefile.
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
			return "", fmt.Errorf("find the repository: no folder above the test has a Makefile")
		}
	}
}

// cachedBin returns the folder of the servers that `make servers` builds, or "".
func cachedBin() string {
	dir, err := Root()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, ".cache", "bin")
}

// FreeAddr returns an address of 127.0.0.1 that is free for TCP and UDP. Its port
// is outside the range that the kernel chooses from for port 0, so that no other
// socket takes it before the server does, and is not returned again.
func FreeAddr(t testing.TB) string {
	t.Helper()
	for range 100 {
		addr := fmt.Sprintf("127.0.0.1:%d", 15000+rand.IntN(15000))
		if _, taken := takenAddrs.LoadOrStore(addr, true); !taken && bindable(addr) {
			return addr
		}
	}
	t.Fatal("find a free port: 100 of 100 ports are in use")
	return ""
}

// takenAddrs has the addresses that FreeAddr has tried. A server may bind one later,
// or be gone for a while.
var takenAddrs sync.Map

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
