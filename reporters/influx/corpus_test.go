package influx

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"monkit.example/reporters"
)

// corpusText is a text of the corpus: a string, or base64 if it is not UTF-8.
type corpusText string

func (c *corpusText) UnmarshalJSON(p []byte) error {
	var s string
	if json.Unmarshal(p, &s) == nil {
		*c = corpusText(s)
		return nil
	}
	var b struct{ Binary []byte }
	err := json.Unmarshal(p, &b)
	*c = corpusText(b.Binary)
	return err
}

type corpusCase struct {
	Input struct {
		Text        corpusText
		DefaultTime int64
		Precision   string
	}
	Output struct {
		Error  string
		Result []struct {
			Time   int64
			Name   corpusText
			Tags   []struct{ Key, Value corpusText }
			Fields []struct {
				Key   corpusText
				Value map[string]any
			}
		}
	}
}

// corpus is the collected cases of the format's authors, which come with
// their module.
func corpus(t *testing.T) map[string]corpusCase {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/influxdata/line-protocol/v2").Output()
	if err != nil {
		t.Skipf("the module's folder is not known: %v", err)
	}
	p, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "lineprotocol", "testdata", "corpus.json"))
	if err != nil {
		t.Skipf("the module comes without its corpus: %v", err)
	}
	var c struct{ Decode map[string]corpusCase }
	if err := json.Unmarshal(p, &c); err != nil {
		t.Fatal(err)
	}
	return c.Decode
}

// differs says why a case of the corpus is not ours to follow.
func (c *corpusCase) differs() bool {
	text := string(c.Input.Text)
	switch {
	case c.Input.Precision != "1ns": // we take nanoseconds only
	case strings.Trim(text, " \t\r\n\x00") == "": // lines with nothing but space are empty
	case strings.Trim(text, " ") != strings.Trim(text, " \t\x00"): // InfluxDB skips these before a line
	case strings.Contains(text, "#"): // comments are passed over, whatever they hold
	case strings.Contains(text, "\n") && strings.Contains(text, `"`): // strings end with their line
	default:
		return false
	}
	return true
}

// want is what points says of the case, in which the strings are left out.
func (c *corpusCase) want() *reporters.Batch {
	b := &reporters.Batch{}
	for _, r := range c.Output.Result {
		k := key(string(r.Name))
		for _, tag := range r.Tags {
			k = k.WithTag(string(tag.Key), string(tag.Value))
		}
		for _, f := range r.Fields {
			p := reporters.Point{Key: k, Field: string(f.Key), Time: r.Time}
			for kind, v := range f.Value {
				switch v := v.(type) {
				case float64:
					p.Value = v
				case bool:
					if v {
						p.Value = 1
					}
				}
				if kind != "string" {
					b.Points = append(b.Points, p)
				}
			}
		}
	}
	return b
}

func TestCorpus(t *testing.T) {
	followed := 0
	for name, c := range corpus(t) {
		if c.differs() {
			continue
		}
		followed++
		b := &reporters.Batch{At: time.Unix(0, c.Input.DefaultTime)}
		newCodec().Decode(b, []byte(c.Input.Text+"\n"))
		if refused := b.Rejected.Sum() > 0; refused != (c.Output.Error != "") {
			t.Errorf("%s: %q: refused %+v, the corpus says %q", name, c.Input.Text, b.RejectedLines, c.Output.Error)
			continue
		}
		if c.Output.Error != "" {
			continue
		}
		if got, want := points(b), points(c.want()); got != want {
			t.Errorf("%s: %q: got %s, want %s", name, c.Input.Text, got, want)
		}
	}
	if followed < 3000 {
		t.Errorf("only %d cases are followed", followed)
	}
}
