package listen

import (
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"monkit.example/internal/endpoint"
)

func TestCheckRejectsWrongOptions(t *testing.T) {
	for _, tt := range []struct {
		name, addr, wrong string // empty if the address is right
	}{
		{"buffer in bytes", "udp://h:1?rcvbuf=4096", ""},
		{"buffer in units", "unixgram:///s?rcvbuf=16MiB", ""},
		{"largest buffer", "udp://h:1?rcvbuf=1GiB", ""},
		{"buffer too large", "udp://h:1?rcvbuf=1025MiB", "rcvbuf=16MiB"},
		{"buffer beyond 64 bits", "udp://h:1?rcvbuf=99999999999999999999GiB", "rcvbuf=16MiB"},
		{"buffer of size zero", "udp://h:1?rcvbuf=0", "rcvbuf=16MiB"},
		{"negative buffer", "udp://h:1?rcvbuf=-1", "rcvbuf=16MiB"},
		{"buffer without a number", "udp://h:1?rcvbuf=KiB", "rcvbuf=16MiB"},
		{"buffer of a stream", "tcp://h:1?rcvbuf=4096", `option "rcvbuf" is not known for tcp; write idle or maxconns`},
		{"mode", "unix:///s?mode=0660", ""},
		{"mode of a datagram socket", "unixgram:///s?mode=777", ""},
		{"mode that is not octal", "unix:///s?mode=0980", "mode=0660"},
		{"mode without permissions", "unix:///s?mode=0", "mode=0660"},
		{"mode with more than permissions", "unix:///s?mode=4755", "mode=0660"},
		{"mode of udp", "udp://h:1?mode=0660", `option "mode" is not known for udp; write rcvbuf`},
		{"mode of tcp", "tcp://h:1?mode=0660", `option "mode" is not known for tcp`},
		{"mode of tls", "tls://h:1?mode=0660&cert=c&key=k", `option "mode" is not known for tls`},
		{"idle", "tls://h:1?idle=90s", ""},
		{"idle in seconds", "unix:///s?idle=5", ""},
		{"idle of days", "unix:///s?idle=1d", ""},
		{"idle of another unit", "unix:///s?idle=5x", "idle=10m"},
		{"idle of zero", "tcp://h:1?idle=0s", "idle=10m"},
		{"idle of datagrams", "udp://h:1?idle=5s", `option "idle" is not known for udp`},
		{"certificate without tls", "tcp://h:1?cert=c&key=k", "is not known for tcp; write idle or maxconns"},
		{"unknown option", "tcp://h:1?color=red", `option "color" is not known`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			checkOption(t, tt.addr, tt.wrong)
		})
	}
}

// checkOption checks an address, whose error must contain wrong unless that is empty.
func checkOption(t *testing.T, addr, wrong string) {
	t.Helper()
	ep, err := endpoint.Parse(addr, addresses)
	if err == nil {
		err = Check(ep)
	}
	if wrong == "" && err != nil || wrong != "" && (err == nil || !strings.Contains(err.Error(), wrong)) {
		t.Errorf("%s: Check() = %v, want %q", addr, err, wrong)
	}
}

func TestZeroOptionsHaveTheirDefaults(t *testing.T) {
	for _, o := range []Options{{}, {RcvBuf: -1, RingBytes: -1, MaxConns: -1, MaxLine: -1, Idle: -1}} {
		o = o.withDefaults()
		if o.RcvBuf != 8<<20 || o.ringBytes(true) != 8<<20 || o.ringBytes(false) != 1<<20 || o.Book == nil || o.MaxConns != DefaultMaxConns(1) || o.MaxLine != 64<<10 || o.Idle != 10*time.Minute || o.Logger == nil {
			t.Errorf("options are %+v", o)
		}
	}
}

func TestAddressOverridesOptions(t *testing.T) {
	r := open(t, "tcp://127.0.0.1:0?idle=90s", Options{Idle: time.Second, MaxConns: 7})
	if r.opts.Idle != 90*time.Second || r.opts.MaxConns != 7 || r.opts.MaxLine != 64<<10 {
		t.Errorf("options are %+v", r.opts)
	}
}

func TestErrorOfOpenHasAdvice(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	inUse := "another program uses this address"
	if runtime.GOOS == "windows" {
		inUse = "listen on"
	}
	for _, tt := range []struct{ name, addr, want string }{
		{"port in use", "tcp://" + busy.Addr().String(), inUse},
		{"no certificate", "tls://127.0.0.1:0", "cert=FILE&key=FILE"},
		{"folder for a certificate", "tls://127.0.0.1:0?cert=/&key=/nowhere", "option cert: / is a folder"},
		{"transport without a listener", "http://127.0.0.1:1/", "use udp, tcp, tls, unix or unixgram"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ep, err := endpoint.Parse(tt.addr, addresses)
			if err != nil {
				t.Fatal(err)
			}
			l, err := Open(ep, Options{})
			if l != nil || err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), ep.Destination()) {
				t.Errorf("Open() = %v, %v", l, err)
			}
		})
	}
}
