package main

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// startLimit bounds the start of a relay.
const startLimit = 10 * time.Second

// A process is a running relay.
type process struct {
	cmd   *exec.Cmd
	log   output
	ended chan struct{} // closed when the process has ended
}

func start(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &p.log, &p.log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		cmd.Wait() // on failure, the log has the reason
		close(p.ended)
	}()
	return p, nil
}

// await waits until the relay has its UDP socket and has printed ready.
func (p *process) await(port int, ready string) error {
	deadline := time.After(startLimit)
	for {
		_, err := kernelDrops(port)
		if err == nil && strings.Contains(p.log.String(), ready) {
			return nil
		}
		select {
		case <-p.ended:
			return errors.New("the relay ended before it was ready")
		case <-deadline:
			return fmt.Errorf("the relay is not ready after %v (socket: %v)", startLimit, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (p *process) kill() {
	p.cmd.Process.Kill() // fails only if the process has ended
	<-p.ended
}

// output collects what a process prints and can be read while it runs.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
