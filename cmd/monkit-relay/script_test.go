package main

import (
	"fmt"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	testscript.Main(leakless{m}, map[string]func(){"monkit-relay": main})
}

// leakless fails tests that leave goroutines behind.
type leakless struct{ m *testing.M }

func (l leakless) Run() int {
	code := l.m.Run()
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// TestScripts runs monkit-relay as its users do. Beside testscript's own
// commands there are those of scriptCommands.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		ContinueOnError:     true, // a table of refusals shows all that is wrong with it
		Setup: func(env *testscript.Env) error {
			env.Values[worldKey{}] = newWorld(env.T().(testing.TB))
			return nil
		},
		Cmds: scriptCommands,
	})
}

// scriptCommands are:
//
//	sink NAME udp|tcp|unixgram    a server that takes lines; its address is $NAME
//	nobody NAME                   an address of TCP where nobody listens is $NAME
//	start ARGS...                 run monkit-relay; what it bound is $LISTEN1, … and $ADMIN
//	send NETWORK ADDRESS FILE     the file's lines, a datagram or a connection
//	received N                    wait until the relay's ledger has so many lines
//	arrived NAME FILE             wait until the sink has just the lines of the file
//	signal TERM|INT               to the relay
//	logged TEXT                   wait until the relay's log has it
//	ended CODE|killed             wait for the relay's end; stdout and stderr are its own
//	ledger FIELD=N...             check the law in the relay's last words, and these numbers;
//	                              in.FIELD is the sum of the listeners, to.FIELD that of the destinations
//	get [-host=HOST] CODE URL     ask; stdout is the answer
//	refused TEXT ARGS...          run monkit-relay, which has to end with 2, having said
//	                              TEXT, nothing on stdout and no credentials
var scriptCommands = map[string]func(*testscript.TestScript, bool, []string){
	"sink":     command(2, 2, (*world).sink),
	"nobody":   command(1, 1, (*world).nobody),
	"start":    command(1, 99, (*world).start),
	"send":     command(3, 3, (*world).send),
	"received": command(1, 1, (*world).received),
	"arrived":  command(2, 2, (*world).arrived),
	"signal":   command(1, 1, (*world).signal),
	"logged":   command(1, 1, (*world).logged),
	"ended":    command(1, 1, (*world).ended),
	"ledger":   command(0, 99, (*world).ledger),
	"get":      command(2, 3, (*world).get),
	"refused":  command(1, 99, (*world).refused),
}

// command makes f a command of testscript that has so many arguments.
func command(least, most int, f func(w *world, ts *testscript.TestScript, args []string) error) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) < least || len(args) > most {
			ts.Fatalf("see scriptCommands for how this is written")
		}
		ts.Check(f(ts.Value(worldKey{}).(*world), ts, args))
	}
}
