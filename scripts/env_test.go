package scripts

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
	"monkit.example/internal/spool"
)

// scriptEnv has the servers and the relay that a script has started.
type scriptEnv struct {
	t     testing.TB
	sinks map[string]*faultsink.Sink
	relay *process
	out   string // stdout of the relay, once it has ended
	held  *spool.Spool
}

// scriptEnvKey is the key of a script's scriptEnv.
type scriptEnvKey struct{}

func newScriptEnv(t testing.TB) *scriptEnv {
	return &scriptEnv{t: t, sinks: make(map[string]*faultsink.Sink)}
}

// eventually waits until f returns nil. It waits in real time, because the
// processes under test run in real time.
func eventually(f func() error) error {
	var err error
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if err = f(); err == nil {
			return nil
		}
	}
	return fmt.Errorf("timed out: %w", err)
}

func (e *scriptEnv) sink(ts *testscript.TestScript, args []string) error {
	make := map[string]func(testing.TB) *faultsink.Sink{
		"udp":      faultsink.NewUDP,
		"unixgram": faultsink.NewUnixgram,
		"tcp":      func(t testing.TB) *faultsink.Sink { return faultsink.NewTCP(t) },
	}[args[1]]
	if make == nil {
		return fmt.Errorf("no sink for %s", args[1])
	}
	e.sinks[args[0]] = make(e.t)
	ts.Setenv(args[0], e.sinks[args[0]].Addr())
	return nil
}

// closedport finds a port that refuses connections. It belongs to a client's
// socket, so that no other program can bind it.
func (e *scriptEnv) closedport(ts *testscript.TestScript, args []string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ts.Defer(func() { l.Close() })
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		return err
	}
	ts.Defer(func() { conn.Close() })
	ts.Setenv(args[0], conn.LocalAddr().String())
	return nil
}

func (e *scriptEnv) arrived(ts *testscript.TestScript, args []string) error {
	s := e.sinks[args[0]]
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

func (e *scriptEnv) send(ts *testscript.TestScript, args []string) error {
	conn, err := net.Dial(args[0], args[1])
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = io.WriteString(conn, ts.ReadFile(args[2]))
	return err
}

// get sends a request, whose Host may differ from that of the URL.
func (e *scriptEnv) get(ts *testscript.TestScript, args []string) error {
	host, named := strings.CutPrefix(args[0], "-host=")
	if named {
		args = args[1:]
	}
	req, err := http.NewRequestWithContext(e.t.Context(), http.MethodGet, args[1], nil)
	if err != nil {
		return err
	}
	if named {
		req.Host = host
	}
	code, body, err := do(req)
	if err != nil {
		return err
	}
	fmt.Fprint(ts.Stdout(), body)
	if fmt.Sprint(code) != args[0] {
		return fmt.Errorf("%s gives %d, want %s", args[1], code, args[0])
	}
	return nil
}

// shows waits until the response of a URL contains a text.
func (e *scriptEnv) shows(_ *testscript.TestScript, args []string) error {
	return eventually(func() error {
		req, err := http.NewRequestWithContext(e.t.Context(), http.MethodGet, args[1], nil)
		if err != nil {
			return err
		}
		_, body, err := do(req)
		if err == nil && !strings.Contains(body, args[0]) {
			err = fmt.Errorf("%s lacks %q: %s", args[1], args[0], body)
		}
		return err
	})
}

// do sends a request and closes its connection.
func do(req *http.Request) (code int, body string, err error) {
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

// exitUsage is the exit code for a wrong command line.
const exitUsage = 2

// credential is a secret in addresses of scripts. No output may contain it.
const credential = "geheim"

func (e *scriptEnv) fails(ts *testscript.TestScript, args []string) error {
	var stdout, stderr bytes.Buffer
	cmd := relayCommand(ts, args[1:])
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	watch := time.AfterFunc(20*time.Second, func() { cmd.Process.Kill() })
	defer watch.Stop()
	err := cmd.Run()
	if cmd.ProcessState == nil {
		return err
	}
	text := stderr.String()
	switch {
	case cmd.ProcessState.ExitCode() != exitUsage:
		err = fmt.Errorf("exit code %d, want %d", cmd.ProcessState.ExitCode(), exitUsage)
	case stdout.Len() > 0:
		err = fmt.Errorf("stdout is %q, want none", stdout.String())
	case !strings.Contains(text, args[0]):
		err = fmt.Errorf("no %q", args[0])
	case strings.Contains(text, credential):
		err = errors.New("a credential")
	case strings.Contains(text, "goroutine"):
		err = errors.New("a panic")
	default:
		ts.Logf("%s", text)
		return nil
	}
	return fmt.Errorf("%w; stderr:\n%s", err, text)
}

// scriptEnviron returns the environment of the test with the PATH of the script.
func scriptEnviron(ts *testscript.TestScript) []string {
	return append(os.Environ(), "PATH="+ts.Getenv("PATH"))
}
