package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A peer is a relay that is measured.
type peer struct {
	name  string
	about string // version and flags, printed above the results
	ready string // printed by the relay when it is ready; if empty, its socket is enough
	// command returns the command that runs the relay with a Graphite listener on
	// UDP port listen of 127.0.0.1 and the TCP address forward as destination of
	// lines in a format.
	command func(listen int, format, forward string) (*exec.Cmd, error)
	only    string // the one format that it can forward; empty if it can all
}

// peers returns monkit-relay, which it builds in dir, and the other relays that
// are installed.
func peers(dir string) ([]peer, error) {
	ours, err := monkitRelay(dir)
	if err != nil {
		return nil, err
	}
	all := []peer{ours}
	if path, err := exec.LookPath("carbon-c-relay"); err == nil {
		all = append(all, carbonCRelay(dir, path))
	} else {
		fmt.Fprintln(os.Stderr, "relay: carbon-c-relay is not installed (Debian package carbon-c-relay): measuring monkit-relay alone")
	}
	return all, nil
}

func monkitRelay(dir string) (peer, error) {
	bin := filepath.Join(dir, "monkit-relay")
	// monkit-relay is built in its own module, which requires more than this one.
	home, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "monkit.example").Output()
	if err != nil {
		return peer{}, fmt.Errorf("find monkit-relay: %w", err)
	}
	build := exec.Command("go", "build", "-buildvcs=false", "-o", bin, "./cmd/monkit-relay")
	build.Dir = strings.TrimSpace(string(home))
	if out, err := build.CombinedOutput(); err != nil {
		return peer{}, fmt.Errorf("build monkit-relay: %w\n%s", err, out)
	}
	return peer{
		name:  "monkit-relay",
		about: "this tree, defaults",
		command: func(listen int, format, forward string) (*exec.Cmd, error) {
			return exec.Command(bin, "-listen", fmt.Sprintf("graphite+udp://127.0.0.1:%d", listen),
				"-forward", format+"+tcp://"+forward), nil
		},
	}, nil
}

// carbonCRelay returns carbon-c-relay with queues that hold all lines of a trial,
// the largest receive buffer that it accepts, and without stalling, which would
// make it stop reading.
func carbonCRelay(dir, path string) peer {
	flags := []string{"-w", "2", "-q", "2000000", "-U", "4194304", "-L", "0"}
	version, err := exec.Command(path, "-v").CombinedOutput()
	if err != nil {
		version = []byte("unknown version")
	}
	firstLine, _, _ := strings.Cut(string(version), "\n")
	return peer{
		name:  "carbon-c-relay",
		about: firstLine + ", " + strings.Join(flags, " "),
		ready: "startup sequence complete", // an earlier datagram can crash it
		only:  "graphite",
		command: func(listen int, _, forward string) (*exec.Cmd, error) {
			conf := filepath.Join(dir, "c-relay.conf")
			text := fmt.Sprintf("listen type linemode 127.0.0.1:%d proto udp;\ncluster sink forward %s proto tcp;\nmatch * send to sink stop;\n", listen, forward)
			if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
				return nil, err
			}
			return exec.Command(path, append([]string{"-f", conf}, flags...)...), nil
		},
	}
}

// freePort returns a UDP port that is free at the moment.
func freePort() (int, error) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).Port, nil
}
