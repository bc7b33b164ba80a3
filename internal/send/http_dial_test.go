package send

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"monkit.example/internal/endpoint"
)

// webServer is an http or https server that records what it was asked.
type webServer struct {
	*httptest.Server
	hosts  chan string   // header Host of each request
	closed chan struct{} // a value for each connection that was closed
}

// newWebServer listens on addr. It serves https if cert is not nil.
func newWebServer(t *testing.T, addr string, cert *tls.Certificate) *webServer {
	t.Helper()
	s := &webServer{hosts: make(chan string, 100), closed: make(chan struct{}, 100)}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		s.hosts <- r.Host
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			s.closed <- struct{}{}
		}
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	s.Listener.Close()
	s.Listener = l
	if cert != nil {
		s.TLS = &tls.Config{Certificates: []tls.Certificate{*cert}}
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s
}

func deliver(t *testing.T, tr Messenger) {
	t.Helper()
	if err := tr.Deliver(t.Context(), []byte("a 1\n")); err != nil {
		t.Fatal(err)
	}
}

func TestHTTPFollowsItsName(t *testing.T) {
	id := newIdentity(t)
	roots := x509.NewCertPool()
	roots.AddCert(id.Leaf)
	for scheme, cert := range map[string]*tls.Certificate{"http": nil, "https": &id} {
		t.Run(scheme, func(t *testing.T) {
			first := newWebServer(t, "127.0.0.1:0", cert)
			_, port, _ := net.SplitHostPort(first.Listener.Addr().String())
			second := newWebServer(t, "127.0.0.2:"+port, cert)
			names := newFakeNames("127.0.0.1")
			tr := open(t, scheme+"://h.test:"+port+"/", DialOptions{Lookup: names.lookup, TLS: &tls.Config{RootCAs: roots}}).(*httpTransport)
			defer tr.Close()
			deliver(t, tr)
			resolveNow(tr.dialer.resolver)
			deliver(t, tr) // over the same connection
			if n := stats(tr); n["reconnects"] != 0 || n["dns_changes"] != 0 || len(first.hosts) != 2 {
				t.Errorf("the name has not changed: %v", n)
			}
			names.set(nil, "127.0.0.2")
			resolveNow(tr.dialer.resolver)
			deliver(t, tr)
			<-first.closed
			if host := <-second.hosts; host != "h.test:"+port {
				t.Errorf("the header Host is %q", host)
			}
			names.set(errDown)
			resolveNow(tr.dialer.resolver)
			deliver(t, tr)
			if n := stats(tr); n["reconnects"] != 1 || n["dns_changes"] != 1 || n["lookup_errors"] != 1 {
				t.Errorf("got %v", n)
			}
		})
	}
}

func TestHTTPTriesTheNextAddress(t *testing.T) {
	second := newWebServer(t, "127.0.0.2:0", nil)
	_, port, _ := net.SplitHostPort(second.Listener.Addr().String())
	names := newFakeNames("127.0.0.1", "127.0.0.2")
	tr := open(t, "http://h.test:"+port+"/", DialOptions{Lookup: names.lookup}).(*httpTransport)
	defer tr.Close()
	deliver(t, tr) // the first address refuses
	if host := <-second.hosts; host != "h.test:"+port {
		t.Errorf("the header Host is %q", host)
	}
}

// A server that accepts connections and does not respond is as good as none.
func TestHTTPTriesTheNextAddressAfterATimeout(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	_, port, _ := net.SplitHostPort(silent.Addr().String())
	second := newWebServer(t, "127.0.0.2:"+port, nil)
	names := newFakeNames("127.0.0.1", "127.0.0.2")
	s := New(open(t, "http://h.test:"+port+"/", DialOptions{Lookup: names.lookup, Timeout: 300 * time.Millisecond}), fast)
	mustSend(t, s, "a 1\n", 1)
	if err := s.Close(within(t, 20*time.Second)); err != nil {
		t.Error(err)
	}
	if len(second.hosts) != 1 {
		t.Errorf("%d requests to the second address", len(second.hosts))
	}
	checkLedger(t, s, "accepted=1 delivered=1 dropped=0 pending=0")
}

func TestUnknownNameIsAFailureThatIsNotAmbiguous(t *testing.T) {
	names := newFakeNames()
	names.set(&net.DNSError{Err: "no such host", Name: "h.test"})
	tr := open(t, "http://h.test:1/", DialOptions{Lookup: names.lookup}).(*httpTransport)
	defer tr.Close()
	err := tr.Deliver(t.Context(), []byte("a 1\n"))
	if err == nil || classify(err).kind != retry || !strings.Contains(err.Error(), "lookup h.test: no such host") {
		t.Errorf("Deliver returns %v", err)
	}
}

// A proxy resolves the name of the server; this end resolves that of the proxy.
func TestHTTPThroughAProxy(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	proxy := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, r.Method+" "+r.URL.String()+" "+r.Host)
	})}
	served := make(chan struct{})
	go func() { defer close(served); proxy.Serve(l) }()
	defer func() { proxy.Close(); <-served }()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	names := newFakeNames("127.0.0.1")
	tr := open(t, "http://influx.test:8086/write", DialOptions{Lookup: names.lookup}).(*httpTransport)
	defer tr.Close()
	tr.dialer.next.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: "proxy.test:" + port})
	deliver(t, tr)
	deliver(t, tr)
	mu.Lock()
	defer mu.Unlock()
	want := "POST http://influx.test:8086/write influx.test:8086"
	if len(asked) != 2 || asked[1] != want {
		t.Errorf("the proxy was asked %q, want %q twice", asked, want)
	}
	if got := tr.dialer.resolver.host; got != "proxy.test" || len(names.times()) != 1 {
		t.Errorf("%s was resolved %d times", got, len(names.times()))
	}
}

func TestClosedHTTPTransportStartsNoLookup(t *testing.T) {
	names := newFakeNames("127.0.0.1")
	tr := open(t, "http://h.test:1/", DialOptions{Lookup: names.lookup}).(*httpTransport)
	tr.Close()
	if err := tr.Deliver(t.Context(), []byte("a 1\n")); err == nil || len(names.times()) != 0 {
		t.Errorf("Deliver after Close returns %v, %d lookups", err, len(names.times()))
	}
}

func TestServerNameOfHTTPS(t *testing.T) {
	id := newIdentity(t)
	cert, _ := writePEM(t, id)
	srv := newWebServer(t, "127.0.0.1:0", &id)
	addr := srv.Listener.Addr().String()
	_, port, _ := net.SplitHostPort(addr)
	names := newFakeNames("127.0.0.1")
	for _, tt := range []struct{ name, url, want string }{
		{"the certificate is for the address", "https://" + addr + "/?ca=" + url.QueryEscape(cert), ""},
		{"and for the name", "https://h.test:" + port + "/?ca=" + url.QueryEscape(cert), ""},
		{"but not for another", "https://other.test:" + port + "/?ca=" + url.QueryEscape(cert), "not other.test"},
		{"unless its name is written", "https://other.test:" + port + "/?servername=h.test&ca=" + url.QueryEscape(cert), ""},
		{"or its address", "https://other.test:" + port + "/?servername=127.0.0.1&ca=" + url.QueryEscape(cert), ""},
		{"a wrong name is not accepted", "https://" + addr + "/?servername=other.test&ca=" + url.QueryEscape(cert), "not other.test"},
		{"without ca the roots are those of the system", "https://" + addr + "/", "unknown authority"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr := open(t, tt.url, DialOptions{Lookup: names.lookup}).(Messenger)
			defer tr.Close()
			err := tr.Deliver(t.Context(), []byte("a 1\n"))
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("Deliver returns %v, want %q", err, tt.want)
			}
		})
	}
}

func TestTokenFileIsReadForEachRequest(t *testing.T) {
	var heads []string
	srv := newServer(t, func(_ http.ResponseWriter, r *http.Request) { heads = append(heads, r.Header.Get("Authorization")) })
	file := writeFile(t, "token", nil)
	for _, tt := range []struct {
		name, scheme, text, want string
		err                      string
	}{
		{"empty", "", " \n", "", "is empty"},
		{"a line", "", "secret\n", "Bearer secret", ""},
		{"another, with the line end of Windows", "Token", "\tother\r\n", "Token other", ""},
		{"two words", "", "secret secret\n", "", "more than one word"},
		{"too long", "", strings.Repeat("x", maxSecret+1), "", "at most 65536"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			heads = nil
			if err := writeText(file, tt.text); err != nil {
				t.Fatal(err)
			}
			tr := open(t, srv+"?tokenfile="+url.QueryEscape(file), DialOptions{TokenScheme: tt.scheme}).(Messenger)
			defer tr.Close()
			err := tr.Deliver(t.Context(), []byte("a 1\n"))
			if tt.err == "" {
				if err != nil || len(heads) != 1 || heads[0] != tt.want {
					t.Errorf("%v, header %q, want %q", err, heads, tt.want)
				}
				return
			}
			if err == nil || classify(err).kind != retry || !strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "secret") || len(heads) > 0 {
				t.Errorf("Deliver returns %v after %d requests, want %q", err, len(heads), tt.err)
			}
		})
	}
}

func TestLinesWaitForATokenFile(t *testing.T) {
	var heads []string
	srv := newServer(t, func(_ http.ResponseWriter, r *http.Request) { heads = append(heads, r.Header.Get("Authorization")) })
	file := writeFile(t, "token", nil) + ".later"
	s := New(open(t, srv, DialOptions{TokenFile: file}), fast)
	mustSend(t, s, "a 1\n", 1)
	waitFailing(s)
	if err := writeText(file, "one"); err != nil {
		t.Fatal(err)
	}
	if err := s.Flush(within(t, 20*time.Second)); err != nil {
		t.Error(err)
	}
	if err := writeText(file, "two"); err != nil {
		t.Fatal(err)
	}
	mustSend(t, s, "b 1\n", 1)
	if err := s.Close(within(t, 20*time.Second)); err != nil {
		t.Error(err)
	}
	if got := strings.Join(heads, ", "); got != "Bearer one, Bearer two" {
		t.Errorf("the headers are %q", got)
	}
	checkLedger(t, s, "accepted=2 delivered=2 dropped=0 pending=0")
}

func TestWrongTokenFileIsAnErrorOfOpen(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		options url.Values
		o       DialOptions
		want    string
	}{
		{url.Values{"tokenfile": {""}}, DialOptions{}, "tokenfile has no value"},
		{url.Values{"tokenfile": {dir}}, DialOptions{}, "is a folder"},
		{nil, DialOptions{TokenFile: dir}, "is a folder"},
	} {
		ep := endpoint.Endpoint{Transport: endpoint.HTTP, Address: "h:1", URL: &url.URL{Scheme: "http", Host: "h:1"}, Options: tt.options}
		if tr, err := Open(ep, tt.o); tr != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Open returns %v, %v, want %q", tr, err, tt.want)
		}
	}
}
