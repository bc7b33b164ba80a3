package web

import (
	"net"
	"strings"
	"testing"
)

func TestAddress(t *testing.T) {
	for _, tt := range []struct{ name, in, want, wrong string }{
		{"host and port", "192.0.2.1:9125", "192.0.2.1:9125", ""},
		{"name and port", "localhost:0", "localhost:0", ""},
		{"port alone means a loopback address", ":9125", "127.0.0.1:9125", ""},
		{"IPv6", "[::1]:9125", "[::1]:9125", ""},
		{"all interfaces", "0.0.0.0:9125", "0.0.0.0:9125", ""},
		{"empty", "", "", "write an address such as 127.0.0.1:9125"},
		{"no colon", "9125", "", "write 127.0.0.1:9125, or :9125"},
		{"no port", "localhost", "", "not a host and a port"},
		{"bare IPv6", "::1", "", "[::1]:9125"},
		{"port is a name", "h:http", "", "not a number"},
		{"port too big", "h:65536", "", "not a number"},
		{"URL with a password", "http://u:geheim@h:1", "", "more than a host and a port"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Address(tt.in)
			if tt.wrong == "" {
				if err != nil || got != tt.want {
					t.Errorf("Address() = %q, %v, want %q", got, err, tt.want)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.wrong) || strings.Contains(err.Error(), "geheim") {
				t.Errorf("Address() = %q, %v, want %q", got, err, tt.wrong)
			}
		})
	}
}

func FuzzAddress(f *testing.F) {
	for _, seed := range []string{":9125", "127.0.0.1:0", "[::1]:1", "h:65536", "u:p@h:1", "[fe80::1%eth0]:80", "9125", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		address, err := Address(s)
		if err != nil {
			return
		}
		host, port, err := net.SplitHostPort(address)
		if err != nil || host == "" || port == "" {
			t.Errorf("Address(%q) = %q, which has no host or no port: %v", s, address, err)
		}
		if again, err := Address(address); err != nil || again != address {
			t.Errorf("Address(%q) = %q, %v", address, again, err)
		}
	})
}

func TestIsLocal(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:1": true, "127.8.9.10": true, "[::1]:1": true, "[::1]": true, "localhost": true, "localhost:80": true,
		"0.0.0.0:1": false, "[::]:1": false, "192.0.2.1:1": false, "localhost.evil.example": false, "127.0.0.1.evil.example:1": false, "": false,
	} {
		if got := IsLocal(address); got != want {
			t.Errorf("IsLocal(%q) = %v", address, got)
		}
	}
}

func TestErrorOfListenSaysWhatToDo(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	l, err := Listen(busy.Addr().String())
	if err == nil {
		l.Close()
		t.Fatal("a port was bound twice")
	}
	if !strings.Contains(err.Error(), "another program uses this address") {
		t.Errorf("Listen() = %v", err)
	}
}
