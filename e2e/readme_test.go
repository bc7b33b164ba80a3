package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"monkit.example/e2e/servers"
)

// The packages that README.md's programs use, by the name they have there.
var packages = map[string]string{
	"context":     "context",
	"http":        "net/http",
	"time":        "time",
	"collect":     "monkit.example/collect",
	"environment": "monkit.example/environment",
	"graphite":    "monkit.example/reporters/graphite",
	"influx":      "monkit.example/reporters/influx",
	"monkit":      "monkit.example/monkit",
	"present":     "monkit.example/present",
	"statsd":      "monkit.example/reporters/statsd",
	"tracing":     "monkit.example/tracing",
}

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// blocks are the fenced blocks of a language, in order.
func blocks(text, language string) []string {
	var all []string
	for i, part := range strings.Split("\n"+text, "\n```") {
		if body, ok := strings.CutPrefix(part, language+"\n"); ok && i%2 == 1 {
			all = append(all, body)
		}
	}
	return all
}

// TestReadmeProgram makes a program of README.md's Go, puts the addresses of
// real servers where README.md has examples, and finds its metrics there.
func TestReadmeProgram(t *testing.T) {
	g, i, e := servers.Graphite(t), servers.InfluxDB(t), servers.StatsdExporter(t)
	program := readmeProgram(t, readme(t))
	for example, real := range map[string]string{
		`"127.0.0.1:2003"`:                         quoteGo(g.Line),
		`"http://127.0.0.1:8086/write?db=metrics"`: quoteGo(i.WriteURL()),
		`"127.0.0.1:8125"`:                         quoteGo(e.Addr),
		`"localhost:9000"`:                         quoteGo(servers.FreeAddr(t)),
	} {
		if !strings.Contains(program, example) {
			t.Fatalf("README.md's programs have no %s", example)
		}
		program = strings.ReplaceAll(program, example, real)
	}
	run(t, buildOutside(t, map[string][]byte{"main.go": []byte(program)}))
	for what, read := range map[string]func() (float64, error){
		"carbon, function": func() (float64, error) { return g.Last("main.function.Play.total") },
		"carbon, counter":  func() (float64, error) { return g.Last("main.plays.value") },
		"InfluxDB, function": func() (float64, error) {
			return i.Last("function", "total", map[string]string{"name": "Play", "scope": "main"})
		},
		"InfluxDB, counter": func() (float64, error) { return i.Last("plays", "value", map[string]string{"scope": "main"}) },
		"statsd, function":  func() (float64, error) { return e.Value("main_function_Play_total") },
		"statsd, counter":   func() (float64, error) { return e.Value("main_plays_value") },
	} {
		servers.Eventually(t, what, func() error {
			got, err := read()
			if err == nil && got != 3 {
				err = fmt.Errorf("value is %v, want 3", got)
			}
			return err
		})
	}
}

// readmeProgram puts declarations first and statements into main, which plays
// three titles before it ends.
func readmeProgram(t *testing.T, text string) string {
	t.Helper()
	var declared, stated strings.Builder
	for _, block := range blocks(text, "go") {
		if regexp.MustCompile(`(?m)^(func|var|type) `).MatchString(block) {
			declared.WriteString(block + "\n")
		} else {
			stated.WriteString(block + "\n")
		}
	}
	body := declared.String() + "func main() {\n" + stated.String() +
		"for range 3 {\nif err := Play(context.Background(), \"title\"); err != nil {\npanic(err)\n}\n}\n}\n"
	imports := ""
	for name, path := range packages {
		if regexp.MustCompile(`\b` + name + `\.[A-Z]`).MatchString(body) {
			imports += fmt.Sprintf("import %s %q\n", name, path)
		}
	}
	return "package main\n\n" + imports + body
}

// TestReadmeModule makes a new module that finds this repository beside it as
// README.md says, and builds README.md's program there.
func TestReadmeModule(t *testing.T) {
	above := t.TempDir()
	if err := os.Symlink(repository(t), filepath.Join(above, "monkit")); err != nil {
		t.Skip(err)
	}
	dir, text := filepath.Join(above, "program"), readme(t)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(readmeProgram(t, text)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"go mod init example.com/program", moduleCommand(t, text), "go mod tidy", "go vet ."} {
		words := strings.Fields(command)
		cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
	}
}

// moduleCommand is what README.md has users of the library do first.
func moduleCommand(t *testing.T, text string) string {
	t.Helper()
	_, library, _ := strings.Cut(text, "\n## Five minutes as a library user\n")
	if all := blocks(library, "sh"); len(all) > 0 {
		return all[0]
	}
	t.Fatal("README.md does not say where a program finds the module")
	return ""
}

func quoteGo(s string) string { return fmt.Sprintf("%q", s) }

// TestReadmeRelay runs the relay as README.md does, on free ports.
func TestReadmeRelay(t *testing.T) {
	bin := buildRelay(t)
	run(t, bin, "-h")
	g, i, e := servers.Graphite(t), servers.InfluxDB(t), servers.StatsdExporter(t)
	args := relayCommand(t, readme(t))
	var addrs []string
	for n, arg := range args {
		if n == 0 || args[n-1] != "-listen" {
			continue
		}
		scheme, _, _ := strings.Cut(arg, "://")
		addrs = append(addrs, servers.FreeAddr(t))
		args[n] = scheme + "://" + addrs[len(addrs)-1]
	}
	forwards := map[string]string{"graphite+tcp": "graphite+tcp://" + g.Line, "influx+http": "influx+" + i.WriteURL(), "statsd+udp": "statsd+udp://" + e.Addr}
	listens := map[string]string{}
	for n := 1; n < len(args); n++ {
		scheme, addr, _ := strings.Cut(args[n], "://")
		switch {
		case args[n-1] == "-listen":
			listens[scheme] = addr
		case args[n-1] == "-forward" && forwards[scheme] != "":
			args[n] = forwards[scheme]
		case args[n-1] == "-forward":
			t.Fatalf("README.md forwards to %s, for which this test has no server", args[n])
		}
	}
	r := startRelay(t, bin, addrs, args...)
	now := time.Now()
	send(t, "udp", listens["graphite+udp"], fmt.Sprintf("readme.udp.value 1.5 %d\n", now.Unix()))
	send(t, "tcp", listens["graphite+tcp"], fmt.Sprintf("readme.tcp.value 2.5 %d\n", now.Unix()))
	send(t, "udp", listens["influx+udp"], fmt.Sprintf("readme,via=influx value=3.5 %d\n", now.UnixNano()))
	send(t, "udp", listens["statsd+udp"], "readme.statsd:4.5|g\n")
	for what, tt := range map[string]struct {
		want float64
		read func() (float64, error)
	}{
		"Graphite UDP to carbon":   {1.5, func() (float64, error) { return g.Last("readme.udp.value") }},
		"Graphite TCP to carbon":   {2.5, func() (float64, error) { return g.Last("readme.tcp.value") }},
		"Graphite UDP to InfluxDB": {1.5, func() (float64, error) { return i.Last("readme.udp", "value", nil) }},
		"Influx UDP to carbon":     {3.5, func() (float64, error) { return g.Last("readme.influx.value") }},
		"Influx UDP to InfluxDB":   {3.5, func() (float64, error) { return i.Last("readme", "value", map[string]string{"via": "influx"}) }},
		"Influx UDP to statsd":     {3.5, func() (float64, error) { return e.Value("readme_influx_value") }},
		"statsd to statsd":         {4.5, func() (float64, error) { return e.Value("readme_statsd") }},
	} {
		servers.Eventually(t, what, func() error {
			got, err := tt.read()
			if err == nil && got != tt.want {
				err = fmt.Errorf("value is %v, want %v", got, tt.want)
			}
			return err
		})
	}
	wantLaw(t, r.stop(t))
}

// relayCommand is the line of README.md that runs the relay, in words.
func relayCommand(t *testing.T, text string) []string {
	t.Helper()
	for _, block := range blocks(text, "sh") {
		for line := range strings.Lines(strings.ReplaceAll(block, "\\\n", " ")) {
			if rest, ok := strings.CutPrefix(strings.TrimPrefix(line, "$ "), "./monkit-relay -listen "); ok {
				return strings.Fields("-listen " + strings.ReplaceAll(rest, "'", ""))
			}
		}
	}
	t.Fatal("README.md does not run ./monkit-relay -listen …")
	return nil
}

func send(t *testing.T, network, addr, text string) {
	t.Helper()
	c, err := net.Dial(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}
