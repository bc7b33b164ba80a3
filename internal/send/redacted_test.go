package send

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// secretText is a part of every credential of these tests.
const secretText = "geheim"

// shownBy returns all that a person may see of a destination whose server answers a
// line with answer: the log, the errors of Flush and Close, the state, and the
// rejected lines.
func shownBy(t *testing.T, address string, o DialOptions, line string) string {
	t.Helper()
	m := open(t, address, o).(Messenger)
	var log logText
	s := New(m, Options{Name: "test", Logger: logTo(&log)})
	mustSend(t, s, line, 1)
	waitAnswered(t, s)
	ended, end := context.WithCancel(t.Context())
	end()
	flush := s.Flush(ended)
	failing := s.Unavailable()
	closed := s.Close(ended)
	st := senderStats(t, s)
	var lines strings.Builder
	for _, l := range s.RejectedLines() {
		fmt.Fprintln(&lines, l.Text, l.Err)
	}
	return fmt.Sprintln(log.String(), flush, failing, closed, st.LastError, st.LastRejection, lines.String())
}

// waitAnswered waits until a delivery of s has failed or was rejected.
func waitAnswered(t *testing.T, s *Sender) {
	for ctx := within(t, time.Minute); s.retry.snapshot().last == nil && ctx.Err() == nil; {
		time.Sleep(time.Millisecond)
	}
}

// Servers and gateways such as those that echo a request for debugging answer with
// headers and lines of it.
func TestWhatAServerSaysShowsNoCredentials(t *testing.T) {
	const line = "m,password=geheim-line v=1\n"
	token := writeFile(t, "token", []byte("geheim-token/1+2"))
	password := writeFile(t, "password", []byte("geheim-password"))
	basic := base64.StdEncoding.EncodeToString([]byte("someone:geheim-password"))
	answers := map[string]func(r *http.Request, body string) string{
		"headers": func(r *http.Request, _ string) string {
			var b strings.Builder
			r.Header.Write(&b)
			return "you sent\n" + b.String()
		},
		"the value alone": func(r *http.Request, _ string) string { return "unknown: " + r.Header.Get("Authorization") },
		"the word alone": func(r *http.Request, _ string) string {
			_, word, _ := strings.Cut(r.Header.Get("Authorization"), " ")
			return word + " is unknown, and so is " + url.QueryEscape(word)
		},
		"the password alone": func(r *http.Request, _ string) string {
			_, password, _ := r.BasicAuth()
			return "no user has " + password
		},
		"JSON": func(r *http.Request, body string) string {
			return fmt.Sprintf(`{"error":%q,"headers":{"Authorization":%q}}`, "unable to parse '"+strings.TrimSpace(body)+"': bad "+r.Header.Get("Authorization"), r.Header.Get("Authorization"))
		},
		"the line": func(_ *http.Request, body string) string { return "partial write: what is " + body },
		"at its limit": func(r *http.Request, _ string) string {
			return strings.Repeat("x ", 95) + r.Header.Get("Authorization")[6:]
		},
		"the request": func(r *http.Request, _ string) string { return r.Method + " " + r.URL.String() + " " + r.Proto },
	}
	for name, answer := range answers {
		for _, status := range []int{400, 401, 403, 404, 413, 422, 429, 500, 503} {
			srv := newServer(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body) // Close may end the request
				w.WriteHeader(status)
				io.WriteString(w, answer(r, string(body)))
			})
			for _, address := range []string{srv + "/?token=@" + url.QueryEscape(token), srv + "/?u=someone&p=@" + url.QueryEscape(password)} {
				if name == "the password alone" && strings.Contains(address, "token=") {
					continue
				}
				shown := shownBy(t, address, DialOptions{TokenScheme: "Token"}, line)
				if !strings.Contains(shown, fmt.Sprint(status)) {
					t.Errorf("%s, %d: %s shows no status", name, status, shown)
				}
				if strings.Contains(shown, secretText) || strings.Contains(shown, basic) {
					t.Errorf("%s, %d: %s", name, status, shown)
				}
			}
		}
	}
}

// The client of net/http quotes what is no answer.
func TestErrorsOfTheClientShowNoCredentials(t *testing.T) {
	token := writeFile(t, "token", []byte("geheim-token"))
	for _, answer := range []string{
		"geheim-token\r\n\r\n",
		"HTTP/1.1 geheim-token\r\n\r\n",
		"HTTP/1.1 200 OK\r\ngeheim-token\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: password=geheim\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: Bearer geheim-token\r\n\r\n",
	} {
		addr := rawServer(t, nil, replying(func(w io.Writer) bool { return says(answer)(w) && false }))
		shown := shownBy(t, "http://"+addr+"/?token=@"+url.QueryEscape(token), DialOptions{}, "a v=1\n")
		if !strings.Contains(shown, "post: ") || strings.Contains(shown, secretText) {
			t.Errorf("%q: %s", answer, shown)
		}
	}
}

// An answer that no request asked for is logged with its start.
func TestUnaskedAnswersShowNoCredentials(t *testing.T) {
	token := writeFile(t, "token", []byte("geheim-token"))
	addr := rawServer(t, nil, replying(says(noContent+"HTTP/1.1 200 OK\r\nPassword: geheim\r\nSet-Cookie: id=geheim\r\nX: geheim-token\r\n\r\n")))
	tr := open(t, "http://"+addr+"/?token=@"+url.QueryEscape(token), DialOptions{}).(*httpTransport)
	defer tr.Close()
	var log logText
	tr.logTo("test", func() *slog.Logger { return logTo(&log) })
	for range 20 {
		tr.Deliver(t.Context(), []byte("a 1\n")) // a request on a connection that ends fails
	}
	if got := log.String(); !strings.Contains(got, "start=") || !strings.Contains(got, "Password: xxxxx") || strings.Contains(got, secretText) {
		t.Errorf("the log is %s", got)
	}
}

// What any other transport returns is masked where it is kept.
func TestFailuresOfAllTransportsShowNoCredentials(t *testing.T) {
	cause := errors.New("the peer says: password=geheim")
	for _, failure := range []error{cause, Permanent(cause), Misconfigured(Auth, 0, cause), Split(cause)} {
		f := &fakeMessenger{answer: always(failure)}
		var log logText
		s := New(f, Options{Name: "test", Logger: logTo(&log)})
		mustSend(t, s, "a 1\n", 1)
		waitAnswered(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		flush := s.Flush(ctx)
		shown := fmt.Sprint(flush, s.Unavailable(), s.Close(ctx), senderStats(t, s).LastError, log.String())
		if !strings.Contains(shown, "password=xxxxx") || strings.Contains(shown, secretText) {
			t.Errorf("%s", shown)
		}
		if flush != nil && !errors.Is(flush, cause) {
			t.Errorf("%v has lost its cause", flush)
		}
	}
}

func TestSentSecretsAreThoseOfTheNewestRequest(t *testing.T) {
	var s sentSecrets
	for _, tt := range []struct {
		header, value, query, text, want string
	}{
		{"Authorization", "Token one-secret", "", "Token one-secret", "xxxxx"},
		{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte("someone:two words")), "", "a two words b someone", "a xxxxx b xxxxx"},
		{"X-Api-Key", "abcdef", "", "abcdef one-secret", "xxxxx one-secret"},
		{"X-Request", "abcdef", "p=pass%2Fword&db=geheim", "abcdef pass/word pass%2Fword geheim", "abcdef xxxxx xxxxx geheim"},
		{"Authorization", "Token abc", "", "Token abc", "xxxxx"}, // three bytes alone are a part of any text
		{"Authorization", "Token abc", "", "abcd", "abcd"},
	} {
		req, err := http.NewRequest(http.MethodPost, "http://h/?"+tt.query, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set(tt.header, tt.value)
		s.remember(req)
		if got := s.mask(tt.text); got != tt.want {
			t.Errorf("mask(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
	if got := (*sentSecrets)(nil).mask("a"); got != "a" {
		t.Errorf("without a request: %q", got)
	}
}
