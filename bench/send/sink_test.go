package send

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
)

// sinkVar is the environment variable that makes this test binary a sink of the
// kind that it names, "tcp" or "http".
const sinkVar = "BENCH_SEND_SINK"

func TestMain(m *testing.M) {
	kind := os.Getenv(sinkVar)
	if kind == "" {
		goleak.VerifyTestMain(m)
		return
	}
	if err := serve(kind, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "sink:", err)
		os.Exit(1)
	}
}

// serve prints the address of a sink, and then, for each line of in, how many line
// feeds have arrived. It returns at the end of in, so that a sink ends with its
// parent.
func serve(kind string, in io.Reader, out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	var lines atomic.Int64
	switch kind {
	case "tcp":
		go acceptLines(l, &lines)
	case "http":
		go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := countBody(r, &lines); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			w.WriteHeader(http.StatusNoContent)
		}))
	default:
		return fmt.Errorf("%s=%q: want tcp or http", sinkVar, kind)
	}
	fmt.Fprintln(out, l.Addr())
	for ask := bufio.NewScanner(in); ask.Scan(); {
		fmt.Fprintln(out, lines.Load())
	}
	return nil
}

func acceptLines(l net.Listener, lines *atomic.Int64) {
	for {
		c, err := l.Accept()
		if err != nil {
			return // closed
		}
		go func() {
			defer c.Close()
			countLines(c, lines) // the sender closes or breaks the connection
		}()
	}
}

func countBody(r *http.Request, lines *atomic.Int64) error {
	if r.Header.Get("Content-Encoding") != "gzip" {
		return countLines(r.Body, lines)
	}
	z, err := gzip.NewReader(r.Body)
	if err != nil {
		return err
	}
	return countLines(z, lines)
}

func countLines(r io.Reader, lines *atomic.Int64) error {
	buf := make([]byte, 256<<10)
	for {
		n, err := r.Read(buf)
		lines.Add(int64(bytes.Count(buf[:n], []byte{'\n'})))
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// sink is a process that counts the lines that it receives.
type sink struct {
	addr string

	ask    io.Writer
	answer *bufio.Reader
}

func startSink(t testing.TB, kind string) *sink {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), sinkVar+"="+kind)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("sink: %v", err)
		}
	})
	s := &sink{ask: in, answer: bufio.NewReader(out)}
	s.addr = s.readLine(t)
	return s
}

// lines returns how many lines have arrived.
func (s *sink) lines(t testing.TB) int {
	t.Helper()
	if _, err := fmt.Fprintln(s.ask); err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(s.readLine(t))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (s *sink) readLine(t testing.TB) string {
	line, err := s.answer.ReadString('\n')
	if err != nil {
		t.Fatalf("sink: %v", err)
	}
	return strings.TrimSpace(line)
}
