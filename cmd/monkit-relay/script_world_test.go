package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"monkit.example/internal/faultsink"
)

// world is what a script has started.
type world struct {
	t     testing.TB
	sinks map[string]*faultsink.Sink
	relay *process
	out   string // of the relay that has ended
}

// worldKey is where a script finds its world.
type worldKey struct{}

func newWorld(t testing.TB) *world {
	return &world{t: t, sinks: make(map[string]*faultsink.Sink)}
}

// eventually waits until f has no complaint; processes under test are real, so
// is their time.
func eventually(f func() error) error {
	var err error
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if err = f(); err == nil {
			return nil
		}
	}
	return fmt.Errorf("waited long enough: %w", err)
}

func (w *world) sink(ts *testscript.TestScript, args []string) error {
	make := map[string]func(testing.TB) *faultsink.Sink{
		"udp":      faultsink.NewUDP,
		"unixgram": faultsink.NewUnixgram,
		"tcp":      func(t testing.TB) *faultsink.Sink { return faultsink.NewTCP(t) },
	}[args[1]]
	if make == nil {
		return fmt.Errorf("no sink for %s", args[1])
	}
	w.sinks[args[0]] = make(w.t)
	ts.Setenv(args[0], w.sinks[args[0]].Addr())
	return nil
}

// nobody binds an address and lets go of it.
func (w *world) nobody(ts *testscript.TestScript, args []string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ts.Setenv(args[0], l.Addr().String())
	return l.Close()
}

func (w *world) arrived(ts *testscript.TestScript, args []string) error {
	s := w.sinks[args[0]]
	if s == nil {
		return fmt.Errorf("there is no sink %s", args[0])
	}
	want := strings.Split(strings.TrimSpace(ts.ReadFile(args[1])), "\n")
	return eventually(func() error {
		if got := s.Lines(); !slices.Equal(got, want) {
			return fmt.Errorf("%s has %q, want %q", args[0], got, want)
		}
		return nil
	})
}

func (w *world) send(ts *testscript.TestScript, args []string) error {
	conn, err := net.Dial(args[0], args[1])
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = io.WriteString(conn, ts.ReadFile(args[2]))
	return err
}

// get asks with the name of a host that need not be the URL's.
func (w *world) get(ts *testscript.TestScript, args []string) error {
	host, named := strings.CutPrefix(args[0], "-host=")
	if named {
		args = args[1:]
	}
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, args[1], nil)
	if err != nil {
		return err
	}
	if named {
		req.Host = host
	}
	code, body, err := answerTo(req)
	if err != nil {
		return err
	}
	fmt.Fprint(ts.Stdout(), body)
	if fmt.Sprint(code) != args[0] {
		return fmt.Errorf("%s gives %d, want %s", args[1], code, args[0])
	}
	return nil
}

// answerTo leaves no connection behind.
func answerTo(req *http.Request) (code int, body string, err error) {
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

// credential is what scripts have in addresses, and nobody may see.
const credential = "geheim"

func (w *world) refused(ts *testscript.TestScript, args []string) error {
	var stdout, stderr bytes.Buffer
	cmd, err := relayCommand(ts, args[1:])
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	watch := time.AfterFunc(20*time.Second, func() { cmd.Process.Kill() })
	defer watch.Stop()
	if err = cmd.Run(); cmd.ProcessState == nil {
		return err
	}
	said := stderr.String()
	switch {
	case cmd.ProcessState.ExitCode() != exitUsage:
		err = fmt.Errorf("exit code %d, want %d", cmd.ProcessState.ExitCode(), exitUsage)
	case stdout.Len() > 0:
		err = fmt.Errorf("stdout is %q, want none", stdout.String())
	case !strings.Contains(said, args[0]):
		err = fmt.Errorf("says nothing of %q", args[0])
	case strings.Contains(said, credential):
		err = errors.New("shows a credential")
	case strings.Contains(said, "goroutine"):
		err = errors.New("panics")
	default:
		ts.Logf("%s", said)
		return nil
	}
	return fmt.Errorf("%w; stderr:\n%s", err, said)
}

// environ is that of the test, with the path of a script, where monkit-relay
// is this test itself.
func environ(ts *testscript.TestScript) []string {
	return append(os.Environ(), "PATH="+ts.Getenv("PATH"))
}
