package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// process is a relay that runs.
type process struct {
	cmd   *exec.Cmd
	admin string // URL, if it has pages
	ended chan struct{}

	mu          sync.Mutex
	out, errOut strings.Builder // guarded by mu
}

// relayCommand is monkit-relay, which testscript has put into the path: this
// test, whose TestMain runs main then.
func relayCommand(ts *testscript.TestScript, args []string) (*exec.Cmd, error) {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		for _, name := range []string{"monkit-relay", "monkit-relay.exe"} {
			path := filepath.Join(dir, name)
			if _, err := os.Stat(path); err == nil {
				cmd := exec.Command(path, args...)
				cmd.Dir, cmd.Env = ts.MkAbs("."), environ(ts)
				return cmd, nil
			}
		}
	}
	return nil, exec.ErrNotFound
}

// start waits until all is bound.
func (w *world) start(ts *testscript.TestScript, args []string) error {
	cmd, err := relayCommand(ts, args)
	if err != nil {
		return err
	}
	p := &process{cmd: cmd, ended: make(chan struct{})}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	var reading sync.WaitGroup
	reading.Go(func() { p.keep(bufio.NewScanner(stdout), &p.out) })
	reading.Go(func() { p.keep(bufio.NewScanner(stderr), &p.errOut) })
	go func() {
		defer close(p.ended)
		reading.Wait()
		cmd.Wait() // its error is in ProcessState
	}()
	w.relay = p
	ts.Defer(func() {
		cmd.Process.Kill() // which changes nothing if it has ended
		<-p.ended
	})
	return p.bound(ts, args)
}

func (p *process) keep(s *bufio.Scanner, into *strings.Builder) {
	for s.Scan() {
		p.mu.Lock()
		fmt.Fprintln(into, s.Text())
		p.mu.Unlock()
	}
}

func (p *process) said() (out, errOut string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String(), p.errOut.String()
}

var (
	listening = regexp.MustCompile(`(?m)^listening on \S+ (\S+) for `)
	adminAt   = regexp.MustCompile(`(?m)^admin pages at (\S+)/$`)
)

// bound waits for the addresses of all listeners and of the pages.
func (p *process) bound(ts *testscript.TestScript, args []string) error {
	line := strings.Join(args, " ")
	listeners, pages := strings.Count(line, "-listen "), strings.Count(line, "-http ")
	return eventually(func() error {
		out, errOut := p.said()
		at, admin := listening.FindAllStringSubmatch(out, -1), adminAt.FindStringSubmatch(out)
		if len(at) < listeners || pages > 0 && admin == nil {
			return fmt.Errorf("not all is bound; it says %q and %q", out, errOut)
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

// received reads what any operator can.
func (w *world) received(_ *testscript.TestScript, args []string) error {
	return eventually(func() error {
		req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.relay.admin+"/ledger?format=json", nil)
		if err != nil {
			return err
		}
		_, body, err := answerTo(req)
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

func (w *world) signal(_ *testscript.TestScript, args []string) error {
	s, ok := map[string]os.Signal{"TERM": syscall.SIGTERM, "INT": os.Interrupt}[args[0]]
	if !ok {
		return fmt.Errorf("no signal %s", args[0])
	}
	return w.relay.cmd.Process.Signal(s)
}

func (w *world) logged(_ *testscript.TestScript, args []string) error {
	return eventually(func() error {
		if _, log := w.relay.said(); !strings.Contains(log, args[0]) {
			return fmt.Errorf("the log does not have %q: %s", args[0], log)
		}
		return nil
	})
}

func (w *world) ended(ts *testscript.TestScript, args []string) error {
	if err := eventually(func() error {
		select {
		case <-w.relay.ended:
			return nil
		default:
			return fmt.Errorf("the relay still runs")
		}
	}); err != nil {
		return err
	}
	out, errOut := w.relay.said()
	w.out = out
	fmt.Fprint(ts.Stdout(), out)
	fmt.Fprint(ts.Stderr(), errOut)
	want, code := args[0], w.relay.cmd.ProcessState.ExitCode()
	if want == "killed" {
		want = "-1"
	}
	if strconv.Itoa(code) != want {
		return fmt.Errorf("ended with %v, want %s; stderr:\n%s", w.relay.cmd.ProcessState, args[0], errOut)
	}
	return nil
}
