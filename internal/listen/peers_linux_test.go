package listen

import (
	"net"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// nameOf returns a name as the kernel writes it: a family and the bytes behind it.
func nameOf(family uint16, data string) (name unix.RawSockaddrAny, size int) {
	raw := (*[unix.SizeofSockaddrAny]byte)(unsafe.Pointer(&name))
	size = 2 + copy(raw[2:], data)
	name.Addr.Family = family
	return name, size
}

func TestNamesOfTheKernelAreSenders(t *testing.T) {
	const v6 = "\x00\x09\x00\x00\x00\x00"
	long := strings.Repeat("x", 108)
	for _, tt := range []struct {
		name   string
		family uint16
		data   string
		want   string
	}{
		{"IPv4", unix.AF_INET, "\x00\x09\x0a\x00\x00\x01" + strings.Repeat("\x00", 8), "10.0.0.1"},
		{"IPv6", unix.AF_INET6, v6 + "\x20\x01\x0d\xb8" + strings.Repeat("\x00", 11) + "\x01" + "\x00\x00\x00\x00", "2001:db8::1"},
		{"IPv4 on a socket of IPv6", unix.AF_INET6, v6 + strings.Repeat("\x00", 10) + "\xff\xff\x0a\x00\x00\x01" + "\x00\x00\x00\x00", "10.0.0.1"},
		{"path", unix.AF_UNIX, "/run/c\x00", "/run/c"},
		{"path without its end", unix.AF_UNIX, "/run/c", "/run/c"},
		{"longest path", unix.AF_UNIX, long, long},
		{"path that begins like an abstract name", unix.AF_UNIX, "@c\x00", "@c"},
		{"abstract name, with every byte", unix.AF_UNIX, "\x00a\x00b", "@a\x00b"},
		{"not bound", unix.AF_UNIX, "", "unix"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var p peers
			name, size := nameOf(tt.family, tt.data)
			if got := p.sender(&name, size).String(); got != tt.want {
				t.Errorf("the sender is %q, want %q", got, tt.want)
			}
		})
	}
	var p peers
	name, _ := nameOf(unix.AF_UNIX, "/of/an/earlier/datagram\x00")
	if got := p.sender(&name, 0); got.String() != unnamed {
		t.Errorf("a datagram without a name is of %v", got)
	}
}

// A scope is a zone, by which the same address on another link is another sender.
func TestLinkLocalSendersHaveAZone(t *testing.T) {
	name := unix.RawSockaddrInet6{Family: unix.AF_INET6, Addr: [16]byte{0xfe, 0x80, 15: 1}, Scope_id: 3}
	if got := senderOf6(&name).String(); got != "fe80::1%3" {
		t.Errorf("the sender is %q", got)
	}
}

func TestSendersOfIPAllocateNothing(t *testing.T) {
	var p peers
	name, size := nameOf(unix.AF_INET, strings.Repeat("\x01", 14))
	path, pathSize := nameOf(unix.AF_UNIX, "/run/c\x00")
	if n := testing.AllocsPerRun(100, func() {
		p.sender(&name, size)
		p.sender(&path, pathSize) // the same again
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzPeers(f *testing.F) {
	f.Add(uint16(unix.AF_INET), "\x00\x09\x0a\x00\x00\x01", 16)
	f.Add(uint16(unix.AF_UNIX), "/run/c", 110)
	f.Fuzz(func(t *testing.T, family uint16, data string, size int) {
		var p peers
		name, _ := nameOf(family, data)
		s := p.sender(&name, size)
		if s.String() == "" || s != p.sender(&name, size) {
			t.Errorf("the sender is %v", s)
		}
	})
}

// A datagram without a name leaves room for the name of the next one in its place.
func TestEachReadHasRoomForNames(t *testing.T) {
	r := open(t, "unixgram://"+socketPath(t), Options{})
	path := socketPath(t)
	t.Cleanup(func() { removeStale(path) })
	for range 2 {
		for _, tt := range []struct {
			local *net.UnixAddr
			want  string
		}{{nil, unnamed}, {&net.UnixAddr{Name: path, Net: "unixgram"}, path}} {
			conn, err := net.DialUnix("unixgram", tt.local, r.Addr().(*net.UnixAddr))
			if err != nil {
				t.Fatal(err)
			}
			write(t, conn, "a 1\n")
			if err := r.packet.readNow(func(_ []byte, from Sender, _ bool) {
				if from.String() != tt.want {
					t.Errorf("the sender is %v, want %s", from, tt.want)
				}
			}); err != nil {
				t.Error(err)
			}
			conn.Close()
			removeStale(path)
		}
	}
}
