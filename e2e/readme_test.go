package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"monkit.example/e2e/servers"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// blocks returns the fenced blocks of a language, in order.
func blocks(text, language string) []string {
	var all []string
	for i, part := range strings.Split("\n"+text, "\n```") {
		if body, ok := strings.CutPrefix(part, language+"\n"); ok && i%2 == 1 {
			all = append(all, body)
		}
	}
	return all
}

// readmeFiles returns README.md's blocks of Go as the files of one program. The
// first block has its main function.
func readmeFiles(t *testing.T, text string) map[string]string {
	t.Helper()
	files := map[string]string{}
	for i, block := range blocks(text, "go") {
		if !strings.HasPrefix(block, "package main\n") {
			t.Errorf("this block of README.md is not a whole file:\n%s", block)
		}
		files[fmt.Sprintf("readme%d.go", i)] = block
	}
	if !strings.Contains(files["readme0.go"], "\nfunc main() {\n") {
		t.Fatal("the first program of README.md has no main function")
	}
	return files
}

// TestReadmeProgram runs README.md's program with the addresses of real servers
// and without its pauses, and finds its metrics in the servers.
func TestReadmeProgram(t *testing.T) {
	g, i, e := servers.Graphite(t), servers.InfluxDB(t), servers.StatsdExporter(t)
	files := readmeFiles(t, readme(t))
	replaceExamples(t, files, map[string]string{
		`"127.0.0.1:2003"`:                         quoteGo(g.Line),
		`"http://127.0.0.1:8086/write?db=metrics"`: quoteGo(i.WriteURL()),
		`"127.0.0.1:8125"`:                         quoteGo(e.Addr),
		`"localhost:9000"`:                         quoteGo(servers.FreeAddr(t)),
		`time.After(20 * time.Second)`:             `time.After(0)`,
		`os.Hostname()`:                            `"web1", error(nil)`,
	})
	run(t, buildOutside(t, files))
	for what, query := range map[string]func() (float64, error){
		"carbon, function": func() (float64, error) { return g.Last("web1.main.function.Play.total") },
		"carbon, counter":  func() (float64, error) { return g.Last("web1.main.plays.value") },
		"InfluxDB, function": func() (float64, error) {
			return i.Last("function", "total", map[string]string{"name": "Play", "scope": "main", "host": "web1"})
		},
		"InfluxDB, counter": func() (float64, error) {
			return i.Last("plays", "value", map[string]string{"scope": "main", "host": "web1"})
		},
		"statsd_exporter, function": func() (float64, error) { return e.Value("web1_main_function_Play_total") },
		"statsd_exporter, counter":  func() (float64, error) { return e.Value("web1_main_plays_value") },
	} {
		servers.EventuallyValue(t, what, 3, query)
	}
}

// replaceExamples replaces texts of README.md's first program.
func replaceExamples(t *testing.T, files, examples map[string]string) {
	t.Helper()
	for example, real := range examples {
		if !strings.Contains(files["readme0.go"], example) {
			t.Fatalf("README.md's program has no %s", example)
		}
		files["readme0.go"] = strings.ReplaceAll(files["readme0.go"], example, real)
	}
}

// TestReadmeModule makes a new module beside this repository, as README.md
// describes it, and checks README.md's program there.
func TestReadmeModule(t *testing.T) {
	parent := t.TempDir()
	if err := os.Symlink(repository(t), filepath.Join(parent, "monkit")); err != nil {
		t.Skip(err)
	}
	dir, text := filepath.Join(parent, "program"), readme(t)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	writeFiles(t, dir, readmeFiles(t, text))
	for _, command := range []string{"go mod init example.com/program", moduleCommand(t, text), "go mod tidy", "go vet ."} {
		words := strings.Fields(command)
		cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
	}
}

// moduleCommand returns the command of README.md that makes the module known to
// a program.
func moduleCommand(t *testing.T, text string) string {
	t.Helper()
	for _, block := range blocks(text, "sh") {
		if strings.HasPrefix(block, "go mod edit -replace=monkit.example=") {
			return block
		}
	}
	t.Fatal("README.md has no command that makes the module known to a program")
	return ""
}

func quoteGo(s string) string { return fmt.Sprintf("%q", s) }

// TestReadmeRelay runs the relay with README.md's command, on free ports.
func TestReadmeRelay(t *testing.T) {
	bin := buildRelay(t)
	run(t, bin, "version")
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
	servers.Send(t, "udp", listens["graphite+udp"], fmt.Sprintf("readme.udp.value 1.5 %d\n", now.Unix()))
	servers.Send(t, "tcp", listens["graphite+tcp"], fmt.Sprintf("readme.tcp.value 2.5 %d\n", now.Unix()))
	servers.Send(t, "udp", listens["influx+udp"], fmt.Sprintf("readme,via=influx value=3.5 %d\n", now.UnixNano()))
	servers.Send(t, "udp", listens["statsd+udp"], "readme.statsd:4.5|g\n")
	for what, tt := range map[string]struct {
		want  float64
		query func() (float64, error)
	}{
		"Graphite UDP to carbon":        {1.5, func() (float64, error) { return g.Last("readme.udp.value") }},
		"Graphite TCP to carbon":        {2.5, func() (float64, error) { return g.Last("readme.tcp.value") }},
		"Graphite UDP to InfluxDB":      {1.5, func() (float64, error) { return i.Last("readme.udp", "value", nil) }},
		"Influx UDP to carbon":          {3.5, func() (float64, error) { return g.Last("readme.via.influx.value") }},
		"Influx UDP to InfluxDB":        {3.5, func() (float64, error) { return i.Last("readme", "value", map[string]string{"via": "influx"}) }},
		"Influx UDP to statsd_exporter": {3.5, func() (float64, error) { return e.Value("readme_via_influx_value") }},
		"statsd to statsd_exporter":     {4.5, func() (float64, error) { return e.Value("readme_statsd") }},
	} {
		servers.EventuallyValue(t, what, tt.want, tt.query)
	}
	wantBalance(t, r.stop(t))
}

// relayCommand returns the arguments of README.md's command that runs the relay.
func relayCommand(t *testing.T, text string) []string {
	t.Helper()
	for _, block := range blocks(text, "sh") {
		for line := range strings.Lines(strings.ReplaceAll(block, "\\\n", " ")) {
			if rest, ok := strings.CutPrefix(strings.TrimPrefix(line, "$ "), "./monkit-relay -listen "); ok {
				return strings.Fields("-listen " + strings.ReplaceAll(rest, "'", ""))
			}
		}
	}
	t.Fatal("README.md has no command ./monkit-relay -listen …")
	return nil
}
