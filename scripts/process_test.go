package scripts

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// process is a relay that was started.
type process struct {
	cmd   *exec.Cmd
	pipes map[string]io.Closer // our ends of stdout and stderr
	admin string               // URL, if it has pages
	ended chan struct{}

	mu          sync.Mutex
	out, errOut strings.Builder // guarded by mu
}

// relayCommand returns a command that runs monkit-relay.
func relayCommand(ts *testscript.TestScript, args []string) *exec.Cmd {
	cmd := exec.Command(relayPath, args...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), scriptEnviron(ts)
	return cmd
}

// start starts a relay and waits until it has bound its addresses.
func (e *scriptEnv) start(ts *testscript.TestScript, args []string) error {
	cmd := relayCommand(ts, args)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	p := &process{cmd: cmd, pipes: map[string]io.Closer{"stdout": stdout, "stderr": stderr}, ended: make(chan struct{})}
	if err := cmd.Start(); err != nil {
		return err
	}
	var reading sync.WaitGroup
	reading.Go(func() { p.read(bufio.NewScanner(stdout), &p.out) })
	reading.Go(func() { p.read(bufio.NewScanner(stderr), &p.errOut) })
	go func() {
		defer close(p.ended)
		reading.Wait()
		cmd.Wait() // its error is in ProcessState
	}()
	e.relay = p
	ts.Defer(func() {
		cmd.Process.Kill() // has no effect if it has ended
		<-p.ended
	})
	return p.waitBound(ts, args)
}

// read appends the lines of s to into.
func (p *process) read(s *bufio.Scanner, into *strings.Builder) {
	for s.Scan() {
		p.mu.Lock()
		fmt.Fprintln(into, s.Text())
		p.mu.Unlock()
	}
}

func (p *process) output() (out, errOut string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String(), p.errOut.String()
}

var (
	listening = regexp.MustCompile(`(?m)^listening on \S+ (\S+) for `)
	adminAt   = regexp.MustCompile(`(?m)^admin pages at (\S+?)/(?:,.*)?$`)
)

// waitBound waits until the relay has printed the addresses of all listeners and
// of its pages, and sets the variables of the script.
func (p *process) waitBound(ts *testscript.TestScript, args []string) error {
	line := strings.Join(args, " ")
	listeners, pages := strings.Count(line, "-listen "), strings.Count(line, "-http ")
	return eventually(func() error {
		out, errOut := p.output()
		at, admin := listening.FindAllStringSubmatch(out, -1), adminAt.FindStringSubmatch(out)
		if len(at) < listeners || pages > 0 && admin == nil {
			return fmt.Errorf("not all addresses are bound; the output is %q and %q", out, errOut)
		}
		for i, m := range at {
			ts.Setenv("LISTEN"+strconv.Itoa(i+1), m[1])
		}
		if pages > 0 {
			p.admin = admin[1]
			ts.Setenv("ADMIN", p.admin)
		}
		return nil
	})
}

// received waits until the JSON of /ledger has so many received lines.
func (e *scriptEnv) received(_ *testscript.TestScript, args []string) error {
	return eventually(func() error {
		req, err := http.NewRequestWithContext(e.t.Context(), http.MethodGet, e.relay.admin+"/ledger?format=json", nil)
		if err != nil {
			return err
		}
		_, body, err := do(req)
		if err != nil {
			return err
		}
		var l struct{ Received int64 }
		if err := json.Unmarshal([]byte(body), &l); err != nil || fmt.Sprint(l.Received) != args[0] {
			return fmt.Errorf("%d lines are received, want %s (%v)", l.Received, args[0], err)
		}
		return nil
	})
}

func (e *scriptEnv) signal(_ *testscript.TestScript, args []string) error {
	s, ok := map[string]os.Signal{"TERM": syscall.SIGTERM, "INT": os.Interrupt, "HUP": syscall.SIGHUP}[args[0]]
	if !ok {
		return fmt.Errorf("unknown signal %s", args[0])
	}
	return e.relay.cmd.Process.Signal(s)
}

// unread closes our end of stdout or stderr, as a reader that ends does.
func (e *scriptEnv) unread(_ *testscript.TestScript, args []string) error {
	pipe := e.relay.pipes[args[0]]
	if pipe == nil {
		return fmt.Errorf("no pipe %s", args[0])
	}
	return pipe.Close()
}

func (e *scriptEnv) logged(_ *testscript.TestScript, args []string) error {
	return eventually(func() error {
		if _, log := e.relay.output(); !strings.Contains(log, args[0]) {
			return fmt.Errorf("the log lacks %q: %s", args[0], log)
		}
		return nil
	})
}

func (e *scriptEnv) ended(ts *testscript.TestScript, args []string) error {
	if err := eventually(func() error {
		select {
		case <-e.relay.ended:
			return nil
		default:
			return fmt.Errorf("the relay still runs")
		}
	}); err != nil {
		return err
	}
	out, errOut := e.relay.output()
	e.out = out
	fmt.Fprint(ts.Stdout(), out)
	fmt.Fprint(ts.Stderr(), errOut)
	want, code := args[0], e.relay.cmd.ProcessState.ExitCode()
	if want == "killed" {
		want = "-1"
	}
	if strconv.Itoa(code) != want {
		return fmt.Errorf("ended with %v, want %s; stderr:\n%s", e.relay.cmd.ProcessState, args[0], errOut)
	}
	return nil
}
