package endpoint

import (
	"reflect"
	"strings"
	"testing"
)

var (
	graphite = Default{Format: "graphite", Transport: TCP, Port: "2003", Transports: []string{TCP, TLS, UDP, Unix}}
	influx   = Default{Format: "influx", Transport: HTTP, HTTPPort: "8086"}
	listen   = Default{Formats: []string{"graphite", "statsd"}, Transports: []string{TCP, UDP, Unixgram}, ServerSide: true}
	bare     = Default{}
)

func TestParseCompletesAddresses(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		d        Default
		want     string // Format Transport Address
		text     string // result of String; "" if it is in
	}{
		{"defaults", "127.0.0.1:2003", graphite, "graphite tcp 127.0.0.1:2003", "graphite+tcp://127.0.0.1:2003"},
		{"default port", "carbon", graphite, "graphite tcp carbon:2003", "graphite+tcp://carbon:2003"},
		{"transport", "udp://carbon:1", graphite, "graphite udp carbon:1", "graphite+udp://carbon:1"},
		{"format without transport", "graphite+carbon:1", graphite, "graphite tcp carbon:1", "graphite+tcp://carbon:1"},
		{"upper case in the scheme", "GRAPHITE+UDP://h:1", graphite, "graphite udp h:1", "graphite+udp://h:1"},
		{"every part", "graphite+tls://h:1?ca=%2Fx", graphite, "graphite tls h:1", ""},
		{"ipv6", "[::1]:2003", graphite, "graphite tcp [::1]:2003", "graphite+tcp://[::1]:2003"},
		{"ipv6 without port", "[fe80::1%eth0]", graphite, "graphite tcp [fe80::1%eth0]:2003", "graphite+tcp://[fe80::1%eth0]:2003"},
		{"unix", "unix:///run/x.sock", graphite, "graphite unix /run/x.sock", "graphite+unix:///run/x.sock"},
		{"unix, relative", "unix://./x.sock", graphite, "graphite unix ./x.sock", "graphite+unix://./x.sock"},
		{"unixgram, abstract", "unixgram://@x", bare, " unixgram @x", ""},
		{"unix, drive of Windows", `unix://C:\x.sock`, bare, ` unix C:\x.sock`, ""},
		{"unix, drive of Windows with slashes", "unix://C:/x.sock", bare, " unix C:/x.sock", ""},
		{"listen everywhere", "graphite+udp://:2003", listen, "graphite udp :2003", ""},
		{"listen on a free port", "statsd+tcp://127.0.0.1:0?idle=1s", listen, "statsd tcp 127.0.0.1:0", ""},
		{"url", "http://h:8086/write?db=x", influx, "influx http h:8086", "influx+http://h:8086/write?db=x"},
		{"url with the default port of its scheme", "https://h/write?db=x", influx, "influx https h:443", "influx+https://h/write?db=x"},
		{"url without scheme", "h/write?db=x", influx, "influx http h:8086", "influx+http://h:8086/write?db=x"},
		{"url with format", "influx+http://h:1/a", bare, "influx http h:1", ""},
		{"url, ipv6", "http://[::1]/w", bare, " http [::1]:80", ""},
		{"url with the port of its scheme", "http://h:80/w", bare, " http h:80", ""},
		{"url, ipv6 with a zone", "http://[fe80::1%25eth0]/w", bare, " http [fe80::1%eth0]:80", ""},
		{"url, ipv6 without scheme", "[::1]/w", influx, "influx http [::1]:8086", "influx+http://[::1]:8086/w"},
		{"url with options", "https://h:1/write?ca=%2Fx&db=a%2Fb&servername=n", influx, "influx https h:1", "influx+https://h:1/write?db=a%2Fb&ca=%2Fx&servername=n"},
		{"url with options only", "https://h:1/?key=k&cert=c", influx, "influx https h:1", "influx+https://h:1/?cert=c&key=k"},
		{"url with a token file", "http://h:1/?tokenfile=t&db=x", influx, "influx http h:1", "influx+http://h:1/?db=x&tokenfile=t"},
		{"url of http has no certificates", "http://h:1/?ca=x", influx, "influx http h:1", "influx+http://h:1/?ca=x"},
		{"url with a query that cannot be unescaped", "https://h:1/?a=%zz&b;c&ca=x", influx, "influx https h:1", "influx+https://h:1/?a=%zz&b;c&ca=x"},
		{"url in the query of a url", "http://h:1/?to=tcp://x:1", bare, " http h:1", ""},
		{"no defaults", "tcp://h:1", bare, " tcp h:1", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, err := Parse(tt.in, tt.d)
			if err != nil {
				t.Fatal(err)
			}
			if got := e.Format + " " + e.Transport + " " + e.Address; got != tt.want {
				t.Errorf("Parse(%q) = %q, want %q", tt.in, got, tt.want)
			}
			if tt.text == "" {
				tt.text = tt.in
			}
			if e.String() != tt.text {
				t.Errorf("String() = %q, want %q", e, tt.text)
			}
			if again, err := Parse(e.String(), tt.d); err != nil || !reflect.DeepEqual(again, e) {
				t.Errorf("Parse(String()) = %+v, %v, want %+v", again, err, e)
			}
		})
	}
}

// The Host of a URL is sent to the server: it has the port that was written, or
// one that the scheme does not imply. The name of a destination always has one.
func TestHostOfAURLIsAsWritten(t *testing.T) {
	for _, tt := range []struct {
		in   string
		d    Default
		host string
		name string
	}{
		{"http://h/w", bare, "h", "http://h:80/w"},
		{"http://h:80/w", bare, "h:80", "http://h:80/w"},
		{"http://h:8086/w", bare, "h:8086", "http://h:8086/w"},
		{"https://h/w", bare, "h", "https://h:443/w"},
		{"https://h:443/w", bare, "h:443", "https://h:443/w"},
		{"http://[::1]/w", bare, "[::1]", "http://[::1]:80/w"},
		{"https://[::1]:443/w", bare, "[::1]:443", "https://[::1]:443/w"},
		{"http://user:geheim@h/w", bare, "h", "http://xxxxx:xxxxx@h:80/w"},
		{"h/w", influx, "h:8086", "http://h:8086/w"},
		{"[::1]/w", influx, "[::1]:8086", "http://[::1]:8086/w"},
		{"http://h/w", influx, "h", "http://h:80/w"},
		{"h/w", Default{Transport: HTTP}, "h", "http://h:80/w"},
	} {
		e, err := Parse(tt.in, tt.d)
		if err != nil {
			t.Errorf("%s: %v", tt.in, err)
			continue
		}
		if e.URL.Host != tt.host || e.Destination() != tt.name {
			t.Errorf("%s: host %q and name %q, want %q and %q", tt.in, e.URL.Host, e.Destination(), tt.host, tt.name)
		}
	}
}

func TestParseErrorsShowWhatToWrite(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		d        Default
		want     string
	}{
		{"empty", "", graphite, "write graphite+tcp://127.0.0.1:2003"},
		{"space", "h :1", graphite, "at byte 1"},
		{"control character first", "\x01h:1", graphite, "at byte 0"},
		{"delete character", "h\x7f:1", graphite, "at byte 1"},
		{"newline", "h:1\n", graphite, "at byte 3"},
		{"missing port", "tcp://h", bare, "write h:2003"},
		{"colon without port", "tcp://h:", bare, "write a port there"},
		{"url colon without port", "http://h:/x", bare, "write a port there"},
		{"port too big", "h:70000", graphite, `port "70000"`},
		{"port zero", "h:0", graphite, "1 to 65535"},
		{"port is a name", "h:http", graphite, "1 to 65535"},
		{"no host", ":2003", graphite, "write 127.0.0.1:2003"},
		{"url without host", "http:///write", influx, "no host"},
		{"bare ipv6", "::1", graphite, "write [::1]:2003"},
		{"bare ipv6 and port", "tcp://fe80::1:zz:2003", graphite, "in brackets"},
		{"bracket", "[::1:2003", graphite, "brackets do not match"},
		{"bad character at the start of the host", "<h:1", graphite, `'<' cannot be part of a host name`},
		{"bad character inside the host", "a<h:1", graphite, `'<' cannot be part of a host name`},
		{"not ipv6", "[nonsense:x]:1", graphite, "not an IPv6 address"},
		{"transport not allowed", "http://h:1", graphite, "tcp, tls, udp or unix"},
		{"transport unknown", "ftp://h:1", bare, `"ftp" is not possible`},
		{"transport missing", "h:1", bare, "no transport"},
		{"empty transport", "graphite+://h:1", graphite, "write graphite+tcp://h:1 or graphite+udp://h:1"},
		{"empty format before a transport", "+tcp://h:1", graphite, "nothing before the +"},
		{"empty format before a host", "+h:1", graphite, "nothing before the +"},
		{"bad format", "a.b+tcp://h:1", graphite, "in the format"},
		{"format missing", "udp://:1", listen, "graphite or statsd"},
		{"format unknown", "carbon+udp://:1", listen, `"carbon" is not known`},
		{"empty path", "unix://", graphite, "no path"},
		{"two slashes", "unix://run/x", graphite, "unix:///run/x"},
		{"long path", "unix:///" + strings.Repeat("x", 200), graphite, "at most 107"},
		{"path for host", "/run/x.sock", graphite, "unix:///run/x.sock"},
		{"two slashes and a drive letter", "unix://C:x", graphite, "unix:///C:x"},
		{"fragment for host", "#x", graphite, `"#x" after the port`},
		{"path after port", "h:1/x", graphite, `"/x" after the port`},
		{"option of a transport without options", "udp://h:1?x=1", graphite, "has no options"},
		{"option unknown", "graphite+udp://:1?x=1", listen, `"x" is not known for udp; write rcvbuf`},
		{"option twice", "graphite+udp://:1?rcvbuf=1&rcvbuf=2", listen, "2 times"},
		{"options broken", "graphite+udp://:1?rcvbuf=%zz", listen, "cannot be read"},
		{"option of https twice", "https://h:1/?ca=a&db=x&c%61=b", influx, `option "ca" stands there more than once`},
		{"option of https broken", "https://h:1/?ca=%zz", influx, `option "ca" cannot be read`},
		{"empty user", "@h:1", graphite, "which only http and https have"},
		{"user", "u:geheim@h:1", graphite, "which only http and https have"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, err := Parse(tt.in, tt.d)
			if err == nil {
				t.Fatalf("Parse(%q) = %v, want an error", tt.in, e)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Parse(%q): the error is %q, want %q in it", tt.in, err, tt.want)
			}
		})
	}
}

// Every address holds the credential "geheim", which no text may show.
func TestTextsMaskCredentials(t *testing.T) {
	for _, in := range []string{
		"http://user:geheim@h:8086/write?db=x",
		"http://geheim@h:8086/write?db=x",
		"http://h:8086/write?db=x&u=geheim&p=geheim",
		"http://h:8086/write?Token=geheim",
		"http://h:8086/write?%70=geheim",
		"http://h:8086/write?password=geheim&db=x",
		"http://user:ge%zzgeheim@h:1/",
		"http://user:geheim/geheim@h/",
		"http://user:x?geheim@h/",
		"http://user:x@geheim@:99999/",
		"user:geheim@h:1",
		"tcp://user:geheim@h:1",
		"tcp://h:1?secret=geheim",
		"unknown://user:geheim@h:1?p=geheim",
	} {
		e, err := Parse(in, influx)
		for _, text := range []string{e.String(), e.Destination(), Redact(in), textOf(err)} {
			if strings.Contains(text, "geheim") {
				t.Errorf("the credential of %q is in %q", in, text)
			}
		}
	}
}

// The server gets what is not an option, as it was written.
func TestOptionsOfHTTPSAreNotInItsURL(t *testing.T) {
	e, err := Parse("https://h:1/write?org=a+b&ca=%2Fa%20b&tokenfile=t&bucket=%41&key=", influx)
	if err != nil {
		t.Fatal(err)
	}
	if got := e.URL.String(); got != "https://h:1/write?org=a+b&bucket=%41" {
		t.Errorf("the URL is %q", got)
	}
	if got := e.Options.Encode(); got != "ca=%2Fa+b&key=&tokenfile=t" {
		t.Errorf("the options are %q", got)
	}
}

func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"h:1", "graphite+udp://:2003", "unix:///x?y=z", "http://u:p@h:1/a?b=c#d", "[::1%25]:1", "tls://h:1?ca=a+b", "https://h/?ca=a+b&x=%zz&tokenfile", "+://", "a+b+c://d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, d := range []Default{graphite, influx, listen, bare} {
			e, err := Parse(s, d)
			if err != nil {
				continue
			}
			text := e.String()
			again, err := Parse(text, d)
			if err != nil {
				t.Fatalf("Parse(%q) succeeds, but Parse of its String %q fails: %v", s, text, err)
			}
			if again.String() != text {
				t.Fatalf("String of %q is %q, but String of that is %q", s, text, again)
			}
		}
	})
}

func TestOptionsOfAFormatAreAllowedWithItOnly(t *testing.T) {
	d := Default{Formats: []string{"a", "b"}, Options: map[string][]string{"a": {"size"}}}
	for addr, want := range map[string]string{
		"a+tcp://h:1?size=2":               "",
		"a+http://h:1/x?size=2&other=3":    "",
		"b+tcp://h:1?size=2":               "tcp has no options here",
		"a+tcp://h:1?length=2":             "write size",
		"a+tls://h:1?servername=x&size=20": "",
	} {
		e, err := Parse(addr, d)
		if want == "" && (err != nil || e.Options.Get("size") == "") {
			t.Errorf("%s: options %v, %v", addr, e.Options, err)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", addr, err, want)
		}
	}
}
