//go:build unix

package e2e

import (
	"bufio"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"monkit.example/e2e/servers"
	"monkit.example/internal/faultsink"
)

// A received is a set of the numbered lines that a server took. Every line has the
// text before, its number, and the text after.
type received struct {
	before, after string

	mu      sync.Mutex
	numbers map[int]bool // guarded by mu
	others  []string     // guarded by mu; lines that were never sent
}

// add adds a line without its line feed.
func (r *received) add(line string) {
	text, ok := strings.CutPrefix(line, r.before)
	text, end := strings.CutSuffix(text, r.after)
	n, err := strconv.Atoi(text)
	r.mu.Lock()
	defer r.mu.Unlock()
	if !ok || !end || err != nil {
		r.others = append(r.others, line)
		return
	}
	r.numbers[n] = true
}

// A flapping is a server that comes and goes at one address. It never loses a line
// that it has taken.
type flapping struct {
	*received
	addr string

	come func() (leave func(), err error)
	end  chan struct{} // closed by stay
	over chan struct{} // closed at the end of the test
	done chan struct{} // closed when run has returned
}

func newFlapping(t *testing.T, before, after string) *flapping {
	return &flapping{
		received: &received{before: before, after: after, numbers: map[int]bool{}}, addr: servers.FreeAddr(t),
		end: make(chan struct{}), over: make(chan struct{}), done: make(chan struct{}),
	}
}

func (f *flapping) start(t *testing.T) {
	go f.run(t)
	t.Cleanup(func() {
		f.stay()
		close(f.over)
		<-f.done
	})
}

// run lets the server come and go until stay is called, and then keeps it until the
// end of the test.
func (f *flapping) run(t *testing.T) {
	defer close(f.done)
	for {
		leave, err := f.come()
		if err != nil {
			t.Error(err)
			return
		}
		select {
		case <-f.end:
			<-f.over
			leave()
			return
		case <-time.After(rand.N(800 * time.Millisecond)):
		}
		leave()
		select {
		case <-f.end:
		case <-time.After(rand.N(400 * time.Millisecond)):
		}
	}
}

// stay makes the server come, if it is gone, and not go again.
func (f *flapping) stay() {
	select {
	case <-f.end:
	default:
		close(f.end)
	}
}

// flappingStream takes lines over TCP. When it goes it closes its side of the
// connections, and reads what they have. Until it comes again its system
// acknowledges connections and lines, and it reads none.
func flappingStream(t *testing.T, before, after string) *flapping {
	t.Helper()
	f := newFlapping(t, before, after)
	l, err := (&net.ListenConfig{Control: smallBuffer}).Listen(t.Context(), "tcp", f.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	f.come = func() (func(), error) {
		if err := l.(*net.TCPListener).SetDeadline(time.Time{}); err != nil {
			return nil, err
		}
		leaving, cancel := context.WithCancel(context.Background())
		var serving sync.WaitGroup
		serving.Go(func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return // past its deadline
				}
				serving.Go(func() { f.read(leaving, c.(*net.TCPConn)) })
			}
		})
		return func() {
			l.(*net.TCPListener).SetDeadline(time.Now()) // fails only if l is closed
			cancel()
			serving.Wait()
		}, nil
	}
	f.start(t)
	return f
}

// smallBuffer makes the buffers of connections small, so that lines soon wait on the
// other side.
func smallBuffer(_, _ string, c syscall.RawConn) error {
	var err error
	control := c.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 4<<10) })
	return errors.Join(control, err)
}

// read reads lines until the peer closes. It closes its own side when leaving ends.
func (f *flapping) read(leaving context.Context, c *net.TCPConn) {
	defer c.Close()
	stop := context.AfterFunc(leaving, func() { c.CloseWrite() })
	defer stop()
	for r := bufio.NewReader(c); ; {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		f.add(line[:len(line)-1])
	}
}

// flappingHTTP takes lines in the bodies of requests. When it goes it breaks the
// connections, also between the lines of a request and its response, and refuses
// others until it comes again.
func flappingHTTP(t *testing.T, before, after string) *flapping {
	t.Helper()
	f := newFlapping(t, before, after)
	f.come = func() (func(), error) {
		l, err := net.Listen("tcp", f.addr)
		if err != nil {
			return nil, err
		}
		srv, done := &http.Server{Handler: f}, make(chan struct{})
		go func() {
			srv.Serve(l) // returns when srv is closed
			close(done)
		}()
		return func() {
			srv.Close()
			<-done
		}, nil
	}
	f.start(t)
	return f
}

func (f *flapping) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := faultsink.ReadBody(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for line := range strings.Lines(body) {
		f.add(strings.TrimSuffix(line, "\n"))
	}
	w.WriteHeader(http.StatusNoContent)
}
