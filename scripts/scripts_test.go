package scripts

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

// relayPath is the program under test, which TestMain builds.
var relayPath string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "scripts")
	if err == nil {
		relayPath, err = buildRelay(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(dir) // what is left is in a folder for temporary files
		os.Exit(code)
	}))
}

// buildRelay builds monkit-relay in dir, with the race detector if the test has it.
func buildRelay(dir string) (path string, err error) {
	path = filepath.Join(dir, "monkit-relay")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	cmd := exec.Command("go", "build", "-buildvcs=false", "-race="+strconv.FormatBool(raceEnabled), "-o", path, "./cmd/monkit-relay")
	cmd.Dir = ".."
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build monkit-relay: %w\n%s", err, out)
	}
	return path, nil
}

// TestScripts runs monkit-relay as a user does. The scripts have the commands of
// scriptCommands in addition to those of testscript.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		ContinueOnError:     true, // reports all lines that fail
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(relayPath)+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Values[scriptEnvKey{}] = newScriptEnv(env.T().(testing.TB))
			return nil
		},
		Cmds: scriptCommands,
	})
}

// scriptCommands are:
//
//	sink NAME udp|tcp|unixgram    start a server that receives lines; $NAME is its address
//	closedport NAME               set $NAME to a TCP address that refuses connections
//	start ARGS...                 start monkit-relay and wait until it has bound its addresses,
//	                              which are $LISTEN1, $LISTEN2, … and $ADMIN
//	send NETWORK ADDRESS FILE     send the lines of the file in one datagram or connection
//	received N                    wait until the relay has received N lines
//	arrived NAME FILE             wait until the sink has received exactly the lines of the file
//	signal TERM|INT|HUP           send a signal to the relay
//	unread stdout|stderr          end what reads that output of the relay
//	logged TEXT                   wait until the relay's log contains TEXT
//	ended CODE|killed             wait until the relay has ended; stdout and stderr are its output
//	ledger FIELD=N...             check that the printed ledger balances and has these numbers;
//	                              in.FIELD is the sum of the listeners, to.FIELD of the destinations
//	get [-host=HOST] CODE URL     send a request; stdout is the response
//	shows TEXT URL                wait until the response contains TEXT
//	fails TEXT ARGS...            run monkit-relay, which must exit with code 2 and print an error
//	                              that contains TEXT, nothing to stdout, and no credentials
//	exits CODE ARGS...            run monkit-relay, which must exit with the code; stdout and stderr
//	                              are its output
//	spool DIR NAME FILE           make a spool for the destination NAME with the lines of the file,
//	                              two a record
//	hold DIR                      open a spool, as a running relay does
//	release                       close it
//	waits DIR N                   wait until N lines are on disk in the spools of DIR
//	damage FILE OFFSET            change a byte of a file
//	newer FILE                    give a segment of a spool the header of a newer version
var scriptCommands = map[string]func(*testscript.TestScript, bool, []string){
	"sink":       command(2, 2, (*scriptEnv).sink),
	"closedport": command(1, 1, (*scriptEnv).closedport),
	"start":      command(1, 99, (*scriptEnv).start),
	"send":       command(3, 3, (*scriptEnv).send),
	"received":   command(1, 1, (*scriptEnv).received),
	"arrived":    command(2, 2, (*scriptEnv).arrived),
	"signal":     command(1, 1, (*scriptEnv).signal),
	"unread":     command(1, 1, (*scriptEnv).unread),
	"logged":     command(1, 1, (*scriptEnv).logged),
	"ended":      command(1, 1, (*scriptEnv).ended),
	"ledger":     command(0, 99, (*scriptEnv).ledger),
	"get":        command(2, 3, (*scriptEnv).get),
	"shows":      command(2, 2, (*scriptEnv).shows),
	"fails":      command(1, 99, (*scriptEnv).fails),
	"exits":      command(2, 99, (*scriptEnv).exits),
	"spool":      command(3, 3, (*scriptEnv).spool),
	"hold":       command(1, 1, (*scriptEnv).hold),
	"release":    command(0, 0, (*scriptEnv).release),
	"waits":      command(2, 2, (*scriptEnv).waits),
	"damage":     command(2, 2, (*scriptEnv).damage),
	"newer":      command(1, 1, (*scriptEnv).newer),
}

// command returns f as a command that takes from least to most arguments.
func command(least, most int, f func(e *scriptEnv, ts *testscript.TestScript, args []string) error) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) < least || len(args) > most {
			ts.Fatalf("wrong use; see scriptCommands")
		}
		ts.Check(f(ts.Value(scriptEnvKey{}).(*scriptEnv), ts, args))
	}
}
