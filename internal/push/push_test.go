package push

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFoldersDiffer(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"a+tcp://h:1", "a+tcp://h_1", "a+tcp:__h:1", "../../etc", "", "ä", strings.Repeat("x", 300), strings.Repeat("x", 301)} {
		f := Folder(name)
		if other, ok := seen[f]; ok {
			t.Errorf("%q and %q have the folder %s", name, other, f)
		}
		seen[f] = name
		if len(f) > 110 || filepath.Base(f) != f || strings.ContainsAny(f, ":*?\"<>| ") || strings.HasPrefix(f, "..") && f[2] == '/' {
			t.Errorf("%q has the folder %q", name, f)
		}
	}
	if got, want := Folder("graphite+tcp://127.0.0.1:2003"), "graphite+tcp___127.0.0.1_2003-"; !strings.HasPrefix(got, want) {
		t.Errorf("the folder is %s, want %s and a hash", got, want)
	}
}

// peer is a Messenger that fails until it is up.
type peer struct {
	mu   sync.Mutex
	up   bool   // guarded by mu
	text string // guarded by mu; what was delivered
}

func (p *peer) Deliver(_ context.Context, payload []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.up {
		return os.ErrDeadlineExceeded
	}
	p.text += string(payload)
	return nil
}

func (p *peer) Close() error { return nil }

// words encodes each measurement as a line.
type words struct{}

func (words) AppendRun(dst []byte, run []reporters.Point) ([]byte, int) {
	for i := range run {
		dst = append(append(dst, run[i].Key.Measurement...), '\n')
	}
	return dst, 0
}

func TestLinesOfAProcessThatEndedAreSentByTheNext(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	o := Options{Format: "words", Name: "words+x://h", MaxPayload: 1000, Send: reporters.SendOptions{Spool: dir}}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	p, err := New(words{}, &peer{}, o)
	if err != nil {
		t.Fatal(err)
	}
	b := &reporters.Batch{Points: []reporters.Point{{Key: monkit.NewSeriesKey("one")}, {Key: monkit.NewSeriesKey("two")}}}
	if err := p.Report(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(ended); err != nil {
		t.Errorf("Close() = %v", err)
	}
	if l := p.Ledger(); l.Check() != nil || l.Pending != 2 {
		t.Errorf("ledger: %v", l)
	}
	up := &peer{up: true}
	if p, err = New(words{}, up, o); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(t.Context()); err != nil {
		t.Errorf("Close() = %v", err)
	}
	if l := p.Ledger(); l.Check() != nil || l.Delivered != 2 || up.text != "one\ntwo\n" {
		t.Errorf("%q arrived, ledger: %v", up.text, l)
	}
}

// A version that masks more credentials gives a destination another name. The lines
// that wait under the former one are sent all the same, and its counts go on.
func TestSpoolOfTheFormerNameIsUsed(t *testing.T) {
	dir := t.TempDir()
	former := Options{Format: "words", Name: "words+http://h?pass=geheim", MaxPayload: 1000, Send: reporters.SendOptions{Spool: dir}}
	o := former
	o.Name, o.FormerName = "words+http://h?pass=xxxxx", former.Name
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	p, err := New(words{}, &peer{}, former)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Report(t.Context(), &reporters.Batch{Points: []reporters.Point{{Key: monkit.NewSeriesKey("one")}}}); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(ended); err != nil {
		t.Errorf("Close() = %v", err)
	}
	up := &peer{up: true}
	if p, err = New(words{}, up, o); err != nil {
		t.Fatal(err)
	}
	if p.Name() != o.Name {
		t.Errorf("the name is %s", p.Name())
	}
	if err := p.Close(t.Context()); err != nil {
		t.Errorf("Close() = %v", err)
	}
	if l := p.Ledger(); l.Check() != nil || l.Delivered != 1 || up.text != "one\n" {
		t.Errorf("%q arrived, ledger: %v", up.text, l)
	}
	if o.Send.Spool = t.TempDir(); o.spoolName() != o.Name {
		t.Errorf("a new spool is called %s", o.spoolName())
	}
	if o.Send.Spool, o.FormerName = dir, ""; o.spoolName() != o.Name {
		t.Errorf("without a former name the spool is called %s", o.spoolName())
	}
}

func TestLinesThatMustNotArriveTwiceStayInMemory(t *testing.T) {
	dir := t.TempDir()
	p, err := New(words{}, &peer{up: true}, Options{Name: "x", MaxPayload: 1000, AtMostOnce: true, Send: reporters.SendOptions{Spool: dir}})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("the spool has %v, %v", entries, err)
	}
}

func TestSpoolThatIsNoFolderIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(words{}, &peer{}, Options{Send: reporters.SendOptions{Spool: file}}); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("New() = %v", err)
	}
}
