//go:build unix

package e2e

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"monkit.example/e2e/servers"
)

// TestReadmeProgramSendsItsLastValuesAtASignal ends README.md's program as
// systemd, docker stop and Kubernetes do, before its first tick has sent the
// values.
func TestReadmeProgramSendsItsLastValuesAtASignal(t *testing.T) {
	carbon, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer carbon.Close()
	var posts atomic.Int64
	influx := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		posts.Add(1)
		w.WriteHeader(http.StatusNoContent)
	}))
	defer influx.Close()
	pages := servers.FreeAddr(t)
	files := readmeFiles(t, readme(t))
	replaceExamples(t, files, map[string]string{
		`"127.0.0.1:2003"`:                         quoteGo(carbon.Addr().String()),
		`"http://127.0.0.1:8086/write?db=metrics"`: quoteGo(influx.URL + "/write?db=metrics"),
		`"127.0.0.1:8125"`:                         quoteGo(servers.FreeAddr(t)),
		`"localhost:9000"`:                         quoteGo(pages),
		`10*time.Second`:                           `time.Hour`,
	})
	cmd := exec.Command(buildOutside(t, files))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill() // fails if it has ended
	waitForPage(t, "http://"+pages+"/stats", "plays")
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	conn, err := carbon.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	found := false
	for s := bufio.NewScanner(conn); s.Scan(); {
		found = found || strings.Contains(s.Text(), ".main.plays.value 1 ") // behind the name of the host
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the program ends with %v:\n%s", err, stderr.String())
	}
	if !found || posts.Load() == 0 {
		t.Errorf("Graphite got the last value: %v; InfluxDB got %d requests", found, posts.Load())
	}
}

// waitForPage waits until the page has the text.
func waitForPage(t *testing.T, url, text string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		resp, err := http.Get(url)
		if err != nil {
			continue // the program has not begun to listen
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err == nil && strings.Contains(string(body), text) {
			return
		}
	}
	t.Fatalf("%s does not show %q", url, text)
}
