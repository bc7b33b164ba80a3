package servers

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// CarbonRelay starts a carbon-relay that sends what it receives to the address
// in the pickle protocol. It returns its own address of the plaintext protocol.
func CarbonRelay(t testing.TB, to string) (line string) {
	t.Helper()
	program := Find(t, "carbon-relay", "Debian package graphite-carbon")
	dir, line := t.TempDir(), FreeAddr(t)
	host, toPort, err := net.SplitHostPort(to)
	if err != nil {
		t.Fatal(err)
	}
	conf := fmt.Sprintf(`[relay]
STORAGE_DIR = %[1]s
CONF_DIR = %[1]s
LOG_DIR = %[1]s
PID_DIR = %[1]s
USER =
LINE_RECEIVER_INTERFACE = 127.0.0.1
LINE_RECEIVER_PORT = %[2]s
PICKLE_RECEIVER_INTERFACE = 127.0.0.1
PICKLE_RECEIVER_PORT = %[3]s
RELAY_METHOD = consistent-hashing
DESTINATIONS = %[4]s:%[5]s:a
DESTINATION_PROTOCOL = pickle
MAX_QUEUE_SIZE = 10000
CARBON_METRIC_INTERVAL = 0
`, dir, port(line), port(FreeAddr(t)), host, toPort)
	path := filepath.Join(dir, "carbon.conf")
	for path, text := range map[string]string{
		path: conf,
		filepath.Join(dir, "storage-schemas.conf"): "[all]\npattern = .*\nretentions = 1s:1h\n", // is read, though a relay stores nothing
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program, "--config", path, "--nodaemon", "--debug", "start")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PYTHONUNBUFFERED=1", "PYTHONDONTWRITEBYTECODE=1")
	start(t, cmd, dialable(line))
	return line
}
