package listen

import (
	"bytes"
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monkit.example/internal/endpoint"
	"monkit.example/monkit"
	"monkit.example/reporters/ledger"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// addresses is the grammar of addresses of listeners, with all their options.
var addresses = endpoint.Default{ServerSide: true}

// running is a Listener with the lines that its Run passed on.
type running struct {
	*Listener
	end   context.CancelFunc
	done  chan error
	block chan struct{} // take waits until it is closed, unless it is nil

	mu   sync.Mutex
	text strings.Builder // guarded by mu
	more bool            // guarded by mu; of the last take
}

// listen opens a listener and starts its Run.
func listen(t *testing.T, addr string, o Options) *running {
	t.Helper()
	r := open(t, addr, o)
	r.start(t)
	return r
}

func open(t testing.TB, addr string, o Options) *running {
	t.Helper()
	ep, err := endpoint.Parse(addr, addresses)
	if err != nil {
		t.Fatal(err)
	}
	l, err := Open(ep, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &running{Listener: l, done: make(chan error, 1)}
}

func (r *running) start(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	r.end = cancel
	go func() { r.done <- r.Run(ctx, r.take) }()
}

// take accepts every line that is not blank.
func (r *running) take(texts []Text, more bool) {
	if r.block != nil {
		<-r.block
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, text := range texts {
		lines := text.Lines
		r.text.Write(lines)
		accepted := countLines(lines)
		r.Book().Accept(accepted)
		r.Book().Skip(int64(bytes.Count(lines, newline)) - accepted)
	}
	r.more = more
}

func (r *running) got() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// stop ends Run and returns the counts of all lines that arrived, which must
// balance.
func (r *running) stop(t *testing.T) ledger.Listener {
	t.Helper()
	r.end()
	if err := <-r.done; err != nil {
		t.Error(err)
	}
	text := r.got()
	if text != "" && !strings.HasSuffix(text, "\n") {
		t.Errorf("the last line lacks its end: %q", text[max(0, len(text)-50):])
	}
	taken := countLines([]byte(text))
	in := r.Ledger()
	if err := in.Check(); err != nil || in.Accepted != taken || in.Pending != 0 || r.more {
		t.Errorf("took %d lines, more %v; %v, %v", taken, r.more, in, err)
	}
	return in
}

func (r *running) dial(t testing.TB) net.Conn {
	t.Helper()
	conn, err := net.Dial(r.Addr().Network(), r.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// stat returns the field that Stats reports by that name, or -1.
func (r *running) stat(want string) float64 {
	found := -1.0
	r.Stats(func(_ monkit.SeriesKey, field string, val float64) {
		if field == want {
			found = val
		}
	})
	return found
}

// eachStat calls f with the values that Stats reports of a field, and their tags
// reason.
func (r *running) eachStat(want string, f func(reason string, val float64)) {
	r.Stats(func(key monkit.SeriesKey, field string, val float64) {
		if field == want {
			f(key.Tags.Get("reason"), val)
		}
	})
}

func write(t testing.TB, conn net.Conn, text string) {
	t.Helper()
	if _, err := conn.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

// waitFor polls: the sockets are real, so their time is too.
func waitFor(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s did not happen", what)
		}
	}
}

func (r *running) waitForText(t testing.TB, want string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); r.got() != want; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("took %q, want %q", r.got(), want)
		}
	}
}

func TestCloseMakesRunFail(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			r := listen(t, transport+"://127.0.0.1:0", Options{})
			conn := r.dial(t)
			write(t, conn, "a 1\n")
			r.waitForText(t, "a 1\n")
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			if err := <-r.done; err == nil || !strings.Contains(err.Error(), r.Name()) {
				t.Errorf("Run() = %v, want an error that names the listener", err)
			}
			if err := r.Close(); err != nil {
				t.Errorf("the second Close() = %v", err)
			}
		})
	}
}
