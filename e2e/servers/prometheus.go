package servers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const prometheusPackage = "Debian package prometheus"

// A PrometheusServer is a running Prometheus that scrapes pages every second.
type PrometheusServer struct {
	URL string // base of its API
}

// Prometheus starts Prometheus. pages has the URL of the page that each job
// scrapes.
func Prometheus(t testing.TB, pages map[string]string) *PrometheusServer {
	t.Helper()
	prometheus := Find(t, "prometheus", prometheusPackage)
	dir, http := t.TempDir(), FreeAddr(t)
	conf := filepath.Join(dir, "prometheus.yml")
	text, err := prometheusConf(pages)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(conf, text, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(prometheus, "--config.file="+conf, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+http)
	cmd.Dir = dir
	s := &PrometheusServer{URL: "http://" + http}
	start(t, cmd, answers(s.URL+"/-/ready"))
	return s
}

// prometheusConf returns the configuration, as JSON, which is YAML too.
func prometheusConf(pages map[string]string) ([]byte, error) {
	var jobs []any
	for job, page := range pages {
		u, err := url.Parse(page)
		if err != nil {
			return nil, fmt.Errorf("page of job %s: %w", job, err)
		}
		jobs = append(jobs, map[string]any{
			"job_name": job, "scheme": u.Scheme, "metrics_path": u.Path, "params": u.Query(),
			"static_configs": []any{map[string]any{"targets": []string{u.Host}}},
		})
	}
	return json.Marshal(map[string]any{
		"global":         map[string]any{"scrape_interval": "1s", "scrape_timeout": "1s"},
		"scrape_configs": jobs,
	})
}

// Last returns the present value of the one series that the selector matches.
func (s *PrometheusServer) Last(selector string) (float64, error) {
	return queried(s.URL, selector, url.Values{"query": {selector}})
}

// queried returns the value of the one series in the response to an instant query,
// of which selector is the part that errors show.
func queried(base, selector string, query url.Values) (float64, error) {
	var answer struct {
		Data struct {
			Result []struct {
				Value [2]any // time, and the value as text
			}
		}
	}
	if err := getJSON(base+"/api/v1/query?"+query.Encode(), &answer); err != nil {
		return 0, err
	}
	if n := len(answer.Data.Result); n != 1 {
		return 0, fmt.Errorf("%s matches %d series, want 1", selector, n)
	}
	text, ok := answer.Data.Result[0].Value[1].(string)
	if !ok {
		return 0, fmt.Errorf("%s: the value is not a string", selector)
	}
	return strconv.ParseFloat(text, 64)
}

// Type returns the type of a metric family as a job's page gives it.
func (s *PrometheusServer) Type(job, family string) (string, error) {
	var answer struct {
		Data []struct{ Type string }
	}
	q := url.Values{"match_target": {fmt.Sprintf("{job=%q}", job)}, "metric": {family}}
	if err := getJSON(s.URL+"/api/v1/targets/metadata?"+q.Encode(), &answer); err != nil {
		return "", err
	}
	if n := len(answer.Data); n != 1 {
		return "", fmt.Errorf("job %s has %d families %s, want 1", job, n, family)
	}
	return answer.Data[0].Type, nil
}

// Scraped returns an error unless every page was scraped without one.
func (s *PrometheusServer) Scraped() error {
	var answer struct {
		Data struct {
			ActiveTargets []struct{ Health, LastError, ScrapeURL string }
		}
	}
	if err := getJSON(s.URL+"/api/v1/targets", &answer); err != nil {
		return err
	}
	var all []error
	for _, t := range answer.Data.ActiveTargets {
		if t.Health != "up" {
			all = append(all, fmt.Errorf("%s is %s: %s", t.ScrapeURL, t.Health, t.LastError))
		}
	}
	return errors.Join(all...)
}

// CheckMetrics runs `promtool check metrics`. It returns what the page could do
// better, a line each. If the page is not in Prometheus' text format, the test
// fails.
func CheckMetrics(t testing.TB, page string) []string {
	t.Helper()
	promtool := Find(t, "promtool", prometheusPackage)
	cmd := exec.Command(promtool, "check", "metrics")
	cmd.Stdin = strings.NewReader(page)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	const lint = 3 // exit code of a page that can be parsed
	if err := cmd.Run(); err != nil && cmd.ProcessState.ExitCode() != lint {
		t.Fatalf("promtool check metrics: %v\n%s", err, out.Bytes())
	}
	return strings.FieldsFunc(out.String(), func(r rune) bool { return r == '\n' })
}
