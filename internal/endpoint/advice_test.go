package endpoint

import (
	"regexp"
	"strings"
	"testing"
)

// What -listen and -forward of the relay allow.
var (
	relayListen  = Default{Formats: []string{"graphite", "influx", "statsd", "pickle"}, Transports: Sockets(), ServerSide: true}
	relayForward = Default{Formats: []string{"graphite", "influx", "statsd", "pickle", "otlp"}}
)

// Each error is whole: it quotes the address, and says what is wrong and what to
// write instead.
func TestErrorsOfAddressesSayWhatToWrite(t *testing.T) {
	for _, tt := range []struct {
		in   string
		d    Default
		want string
	}{
		// IPv6 addresses.
		{"graphite+udp://::1:2003", relayListen, "an IPv6 address needs brackets; write [::1]:2003"},
		{"graphite+udp://::1", relayListen, "an IPv6 address needs brackets; write [::1]:2003"},
		{"graphite+udp://:::2003", relayListen, "an IPv6 address needs brackets; write [::]:2003"},
		{"graphite+tcp://fe80::1%eth0:2003", relayForward, "an IPv6 address needs brackets; write [fe80::1%eth0]:2003"},
		{"graphite+tcp://2001:db8::5:2003", relayForward, "an IPv6 address needs brackets; write [2001:db8::5]:2003"},
		{"graphite+tcp://2001:db8:0:0:0:0:0:1:9125", relayForward, "an IPv6 address needs brackets; write [2001:db8:0:0:0:0:0:1]:9125"},
		{"graphite+tcp://2001:db8:0:0:0:0:0:1", relayForward, "an IPv6 address needs brackets; write [2001:db8:0:0:0:0:0:1]:2003"},
		{"graphite+tcp://2001:db8::fe", relayForward, "an IPv6 address needs brackets; write [2001:db8::fe]:2003"},
		{"graphite+tcp://[::1]", relayForward, "no port; write [::1]:2003"},
		{"graphite+tcp://[::1:2003", relayForward, "the brackets do not match; write [::1]:2003"},
		{"graphite+tcp://carbon:2003:2004", relayForward, "more than a host and a port; write carbon:2003"},

		// The transport is missing.
		{"graphite://:2003", relayListen, "no transport behind the format; write graphite+tcp://:2003 or graphite+udp://:2003"},
		{"statsd://127.0.0.1:8125", relayForward, "no transport behind the format; write statsd+tcp://127.0.0.1:8125 or statsd+udp://127.0.0.1:8125"},
		{"influx://h:8086/write?db=x", relayForward, "no transport behind the format; write influx+http://h:8086/write?db=x"},
		{"graphite+://:2003", relayListen, "no transport behind the format; write graphite+tcp://:2003 or graphite+udp://:2003"},
		{"graphite:///run/s", relayListen, "no transport behind the format; write one of udp, tcp, tls, unix or unixgram, as in graphite+udp://:2003"},
		{":2003", relayListen, "no transport; write one of udp, tcp, tls, unix or unixgram before the address, as in graphite+udp://:2003"},
		{":9999", relayListen, "no transport; write one of udp, tcp, tls, unix or unixgram before the address, as in graphite+udp://:9999"},
		{"2003", relayListen, "no transport; write one of udp, tcp, tls, unix or unixgram before the address, as in graphite+udp://:2003"},
		{"graphite:2003", relayListen, "no transport; write one of udp, tcp, tls, unix or unixgram before the address, as in graphite+udp://:2003"},
		{"STATSD:8125", relayListen, "no transport; write one of udp, tcp, tls, unix or unixgram before the address, as in statsd+udp://:8125"},
		{"statsd:8125", relayForward, "no transport; write one of tcp, tls, udp, unix, unixgram, http or https before the address, as in statsd+tcp://statsd:8125"},
		{"tcp://influx:8089", relayListen, "no format; write graphite, influx, statsd or pickle before it, as in influx+tcp://influx:8089"},
		{"localhost:2003", relayListen, "no transport; write one of udp, tcp, tls, unix or unixgram before the address, as in graphite+udp://localhost:2003"},
		{"carbon:2013", relayForward, "no transport; write one of tcp, tls, udp, unix, unixgram, http or https before the address, as in graphite+tcp://carbon:2013"},
		{"://:2003", relayListen, "no transport before ://; write udp, tcp, tls, unix or unixgram"},

		// The format is missing, or in the wrong place.
		{"udp://:8125", relayListen, "no format; write graphite, influx, statsd or pickle before it, as in graphite+udp://:8125"},
		{"tcp://carbon:2013", relayForward, "no format; write graphite, influx, statsd, pickle or otlp before it, as in graphite+tcp://carbon:2013"},
		{"udp+graphite://:2003", relayListen, "the format goes before the transport; write graphite+udp://:2003"},
		{"carbon+udp://:2003", relayListen, `format "carbon" is not known; write graphite, influx, statsd or pickle`},

		// The marks between the parts.
		{"graphite-udp://:2003", relayListen, "an address is FORMAT+TRANSPORT://…; write graphite+udp://:2003"},
		{"graphite_udp://:2003", relayListen, "an address is FORMAT+TRANSPORT://…; write graphite+udp://:2003"},
		{"graphite:udp://:2003", relayListen, "an address is FORMAT+TRANSPORT://…; write graphite+udp://:2003"},
		{"graphite/udp://:2003", relayListen, "an address is FORMAT+TRANSPORT://…; write graphite+udp://:2003"},
		{"Graphite.UDP://:2003", relayListen, "an address is FORMAT+TRANSPORT://…; write graphite+udp://:2003"},
		{"influx+http//h:8086/write?db=x", relayForward, "an address is FORMAT+TRANSPORT://…; write influx+http://h:8086/write?db=x"},
		{"influx+http:/h:8086/write?db=x", relayForward, "an address is FORMAT+TRANSPORT://…; write influx+http://h:8086/write?db=x"},
		{"graphite+tcp:/x:2003", relayForward, "an address is FORMAT+TRANSPORT://…; write graphite+tcp://x:2003"},
		{"graphite+tcp:x:2003", relayForward, "an address is FORMAT+TRANSPORT://…; write graphite+tcp://x:2003"},
		{"graphite+udp:2003", relayListen, "an address is FORMAT+TRANSPORT://…; write graphite+udp://:2003"},
		{"graphite+tcp:2003", relayForward, "an address is FORMAT+TRANSPORT://…; write graphite+tcp://127.0.0.1:2003"},
		{"graphite+unix:/run/s", relayListen, "an address is FORMAT+TRANSPORT://…; write graphite+unix:///run/s"},
		{"statsd+unixgram//run/s", relayListen, "an address is FORMAT+TRANSPORT://…; write statsd+unixgram:///run/s"},
		{"graphite+tcp:///h:2003", relayForward, "too many slashes; write graphite+tcp://h:2003"},
		{"graphite+tcp:///run/s", relayForward, "a path where a host was expected; for a socket write unix:///run/s"},
		{"graphite+unix://run/s", relayListen, `the path "run/s" is not absolute; write three slashes, unix:///run/s, or ./ before it if you mean that`},

		// Several in one, and what shells leave.
		{"graphite+udp://:2003,graphite+tcp://:2003", relayListen, "several addresses in one; write each by itself, behind a flag of its own"},
		{"graphite+udp://:2003, graphite+tcp://:2003", relayListen, "several addresses in one; write each by itself, behind a flag of its own"},
		{"graphite+udp://:2003 graphite+tcp://:2003", relayListen, "several addresses in one; write each by itself, behind a flag of its own"},
		{"graphite+udp://:2003;graphite+tcp://:2003", relayListen, "several addresses in one; write each by itself, behind a flag of its own"},
		{"graphite+tcp://a:1,tcp://b:1", relayForward, "several addresses in one; write each by itself, behind a flag of its own"},
		{"graphite+tcp://a,b:2003", relayForward, `',' cannot be part of a host name; write each address by itself, behind a flag of its own`},
		{"'graphite+udp://:2003'", relayListen, "a quotation mark is a part of it; remove the quotation marks, or leave them to a shell"},
		{" graphite+udp://:2003", relayListen, "a space or control character at byte 0; remove it"},
		{"graphite+udp://:2003 ", relayListen, "a space or control character at byte 20; remove it"},

		// Host and port.
		{"graphite+udp://2003", relayListen, "no colon before the port; write :2003 for all interfaces, or 127.0.0.1:2003 for this machine"},
		{"graphite+udp://2003", relayForward, "no host before the port; write 127.0.0.1:2003 for this machine"},
		{"graphite+udp://localhost", relayListen, "no port; write localhost:2003"},
		{"graphite+udp://*:8125", relayListen, `'*' cannot be part of a host name; write :8125 for all interfaces`},
		{"graphite+udp://:70000", relayListen, `port "70000" is not a number from 1 to 65535`},
		{"graphite+udp://:-1", relayListen, `port "-1" is not a number from 1 to 65535`},
		{"graphite+udp://:graphite", relayListen, `port "graphite" is not a number from 1 to 65535`},
		{"graphite+udp://h:", relayListen, "nothing after the colon; write a port there, as in h:2003"},
		{"graphite+tcp://h:2003/", relayForward, `"/" after the port, where nothing follows; leave it out`},
		{"graphite+tcp://h:2003#x", relayForward, `"#x" after the port, where nothing follows; leave it out`},
	} {
		_, err := Parse(tt.in, tt.d)
		if want := `address "` + tt.in + `": ` + tt.want; err == nil || strings.ReplaceAll(err.Error(), `\t`, "\t") != want {
			t.Errorf("the error of %q is\n%v, want\n%s", tt.in, err, want)
		}
	}
}

// An address that an error says to write is valid.
func TestAddressesInErrorsAreValid(t *testing.T) {
	advised := regexp.MustCompile(`[a-z]+\+[a-z]+://[^ ,]+`)
	found := 0
	for _, d := range []Default{relayListen, relayForward} {
		for _, in := range []string{
			"", ":2003", "2003", "h:1", "graphite://:2003", "graphite://h:1", "udp://h:1", "udp+graphite://h:1", "statsd-udp://h:1",
			"graphite+tcp:h:1", "graphite+udp:2003", "graphite+unix:/run/s", "graphite+tcp:///h:1", "graphite+:h:1", "pickle://h:1", "otlp://h:1/v1/metrics",
		} {
			_, err := Parse(in, d)
			if err == nil {
				continue
			}
			_, text, _ := strings.Cut(err.Error(), `": `)
			for _, addr := range advised.FindAllString(text, -1) {
				found++
				if _, err := Parse(addr, d); err != nil {
					t.Errorf("the error of %q advises %q: %v", in, addr, err)
				}
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d addresses were found in errors", found)
	}
}

// A zone may be written as in a URL.
func TestZonesOfIPv6Addresses(t *testing.T) {
	for in, want := range map[string]string{
		"graphite+tcp://[fe80::1%eth0]:2003":   "[fe80::1%eth0]:2003",
		"graphite+tcp://[fe80::1%25eth0]:2003": "[fe80::1%eth0]:2003",
		"graphite+tcp://[fe80::1%25]:2003":     "[fe80::1%25]:2003",
	} {
		e, err := Parse(in, relayForward)
		if err != nil || e.Address != want {
			t.Errorf("Parse(%q) = %q, %v, want %q", in, e.Address, err, want)
		}
	}
}
