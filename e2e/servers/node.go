package servers

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// ReferenceStatsd starts the reference daemon of StatsD, which sends what it
// aggregated each second to the Graphite server at to, without the names of old
// versions. What is idle is not sent. It returns its own address, UDP.
func ReferenceStatsd(t testing.TB, to string) (addr string) {
	t.Helper()
	node, daemon := Find(t, "node", "Debian package nodejs"), NodePackage(t, "statsd")
	addr, management := FreeAddr(t), FreeAddr(t)
	host, toPort, err := net.SplitHostPort(to)
	if err != nil {
		t.Fatal(err)
	}
	config, err := json.Marshal(map[string]any{
		"address": "127.0.0.1", "port": number(t, port(addr)), "mgmt_address": "127.0.0.1", "mgmt_port": number(t, port(management)),
		"backends": []string{"./backends/graphite"}, "graphiteHost": host, "graphitePort": number(t, toPort),
		"graphite": map[string]any{"legacyNamespace": false}, "flushInterval": 1000, "deleteIdleStats": true, "dumpMessages": true,
	})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "config.js")
	if err := os.WriteFile(path, config, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(node, filepath.Join(daemon, "stats.js"), path)
	cmd.Dir = t.TempDir()
	start(t, cmd, all(dialable(management), receives(addr)))
	return addr
}

// NodePackage returns the folder of a package of npm that `make servers` unpacks. If
// there is none, the test is skipped, or fails, as Find says.
func NodePackage(t testing.TB, name string) string {
	t.Helper()
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, ".cache", "node-"+name)
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	const format = "the npm package %s is not installed; run `make servers`"
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, name)
	}
	t.Skipf(format, name)
	return ""
}

// RunNode runs a script of JavaScript, which finds args in process.argv from index 1
// on, and returns when it has ended. The test fails if it fails.
func RunNode(t testing.TB, script string, args ...string) {
	t.Helper()
	cmd := exec.Command(Find(t, "node", "Debian package nodejs"), append([]string{"-e", script, "--"}, args...)...)
	cmd.Dir = t.TempDir()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("node: %v\n%s", err, out)
	}
}

func number(t testing.TB, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(fmt.Errorf("port: %w", err))
	}
	return n
}
