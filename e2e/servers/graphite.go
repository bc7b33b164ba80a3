package servers

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A GraphiteServer is a running carbon-cache that keeps one value a second, and a
// graphite-web that queries it, including points that are not on disk yet.
type GraphiteServer struct {
	Line   string // host:port of the plaintext protocol, TCP and UDP
	Pickle string // host:port of the pickle protocol
	URL    string // base of graphite-web

	Carbon *Process // carbon-cache
}

// Graphite starts carbon-cache and graphite-web.
func Graphite(t testing.TB) *GraphiteServer {
	t.Helper()
	cache := Find(t, "carbon-cache", "Debian package graphite-carbon")
	manage := Find(t, "graphite-manage", "Debian package graphite-web")
	g := graphite{dir: t.TempDir(), line: FreeAddr(t), pickle: FreeAddr(t), query: FreeAddr(t), web: FreeAddr(t)}
	g.configure(t)
	g.startWeb(t, manage)
	carbon := start(t, g.command(cache, "--config", filepath.Join(g.dir, "carbon.conf"), "--nodaemon", "--debug", "start"),
		all(dialable(g.line), receives(g.line)))
	return &GraphiteServer{Line: g.line, Pickle: g.pickle, URL: "http://" + g.web, Carbon: carbon}
}

// graphite is the configuration of the two processes.
type graphite struct {
	dir                      string
	line, pickle, query, web string // addresses
}

func (g graphite) configure(t testing.TB) {
	t.Helper()
	for name, text := range map[string]string{
		"carbon.conf":          g.carbonConf(),
		"storage-schemas.conf": "[all]\npattern = .*\nretentions = 1s:1h\n",
		"e2e_settings.py":      g.settings(),
	} {
		if err := os.WriteFile(filepath.Join(g.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, sub := range []string{"whisper", "log"} {
		if err := os.Mkdir(filepath.Join(g.dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
}

func (g graphite) carbonConf() string {
	var b strings.Builder
	b.WriteString("[cache]\n")
	for _, kv := range [][2]string{
		{"STORAGE_DIR", g.dir},
		{"LOCAL_DATA_DIR", filepath.Join(g.dir, "whisper")},
		{"CONF_DIR", g.dir},
		{"LOG_DIR", filepath.Join(g.dir, "log")},
		{"PID_DIR", g.dir},
		{"USER", ""}, // do not change the user
		{"MAX_CREATES_PER_MINUTE", "inf"},
		{"MAX_UPDATES_PER_SECOND", "inf"},
		{"LINE_RECEIVER_INTERFACE", "127.0.0.1"},
		{"LINE_RECEIVER_PORT", port(g.line)},
		{"ENABLE_UDP_LISTENER", "True"},
		{"UDP_RECEIVER_INTERFACE", "127.0.0.1"},
		{"UDP_RECEIVER_PORT", port(g.line)},
		{"PICKLE_RECEIVER_INTERFACE", "127.0.0.1"},
		{"PICKLE_RECEIVER_PORT", port(g.pickle)},
		{"CACHE_QUERY_INTERFACE", "127.0.0.1"},
		{"CACHE_QUERY_PORT", port(g.query)},
		{"ENABLE_TAGS", "True"},
		{"TAG_UPDATE_INTERVAL", "1"},
		{"CARBON_METRIC_INTERVAL", "5"}, // in seconds; see Received
		{"GRAPHITE_URL", "http://" + g.web},
	} {
		fmt.Fprintf(&b, "%s = %s\n", kv[0], kv[1])
	}
	return b.String()
}

func (g graphite) settings() string {
	return fmt.Sprintf(`SECRET_KEY = 'e2e'
ALLOWED_HOSTS = ['*']
CONF_DIR = %[1]q
STORAGE_DIR = %[1]q
LOG_DIR = %[2]q
WHISPER_DIR = %[3]q
INDEX_FILE = %[4]q
CARBONLINK_HOSTS = [%[5]q]
DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': %[6]q}}
DEFAULT_CACHE_DURATION = 0
`, g.dir, filepath.Join(g.dir, "log"), filepath.Join(g.dir, "whisper"), filepath.Join(g.dir, "index"),
		g.query, filepath.Join(g.dir, "graphite.db"))
}

// command returns a command that runs one of Graphite's programs with this
// configuration. Debian's programs name their interpreter, so another Python in
// PATH does no harm.
func (g graphite) command(path string, args ...string) *exec.Cmd {
	cmd := exec.Command(path, args...)
	cmd.Dir = g.dir
	cmd.Env = append(os.Environ(), "PYTHONPATH="+g.dir, "PYTHONUNBUFFERED=1", "PYTHONDONTWRITEBYTECODE=1",
		"DJANGO_SETTINGS_MODULE=graphite.settings", "GRAPHITE_SETTINGS_MODULE=e2e_settings")
	return cmd
}

func (g graphite) startWeb(t testing.TB, manage string) {
	t.Helper()
	if out, err := g.command(manage, "migrate", "--noinput", "--run-syncdb").CombinedOutput(); err != nil {
		t.Fatalf("prepare graphite-web's database: %v\n%s", err, out)
	}
	start(t, g.command(manage, "runserver", "--noreload", g.web), answers("http://"+g.web+"/version/"))
}

// A Series is a series in a response of graphite-web.
type Series struct {
	Target string            `json:"target"`
	Tags   map[string]string `json:"tags"`
	Points []Point           `json:"datapoints"`
}

// A Point is a value, nil if there is none, and its time in Unix seconds.
type Point struct {
	Value *float64
	Time  int64
}

// UnmarshalJSON decodes the pair [value, time].
func (p *Point) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&p.Value, &p.Time})
}

// Last returns the newest value of s and whether there is one.
func (s Series) Last() (float64, bool) {
	for i := len(s.Points) - 1; i >= 0; i-- {
		if v := s.Points[i].Value; v != nil {
			return *v, true
		}
	}
	return 0, false
}

// Render returns the series that target matches, with their points of the last
// ten minutes.
func (g *GraphiteServer) Render(target string) ([]Series, error) {
	var all []Series
	q := url.Values{"target": {target}, "from": {"-10min"}, "format": {"json"}, "noCache": {"1"}}
	err := getJSON(g.URL+"/render?"+q.Encode(), &all)
	return all, err
}

// Received returns how many lines carbon-cache says that it has received in the
// last ten minutes, each as often as it came. It counts them every 5 s.
func (g *GraphiteServer) Received() (lines float64, err error) {
	all, err := g.Render("carbon.agents.*.metricsReceived")
	for _, s := range all {
		for _, p := range s.Points {
			if p.Value != nil {
				lines += *p.Value
			}
		}
	}
	return lines, err
}

// Last returns the newest value of the one series that target matches.
func (g *GraphiteServer) Last(target string) (float64, error) {
	all, err := g.Render(target)
	if err != nil {
		return 0, err
	}
	if len(all) != 1 {
		return 0, fmt.Errorf("%s matches %d series, want 1", target, len(all))
	}
	v, ok := all[0].Last()
	if !ok {
		return 0, errors.New(target + " has no values")
	}
	return v, nil
}
