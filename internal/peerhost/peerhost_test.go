package peerhost

import (
	"net/netip"
	"testing"
)

func TestAddressesOfAHost(t *testing.T) {
	for ip, want := range map[string]string{
		"10.1.2.3":             "10.1.2.3/32",
		"::ffff:10.1.2.3":      "10.1.2.3/32",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"fe80::1%eth0":         "fe80::/64",
		"::1":                  "::/64",
	} {
		if got := Of(netip.MustParseAddr(ip)).String(); got != want {
			t.Errorf("%s is of the host %s, want %s", ip, got, want)
		}
	}
	if got := Of(netip.Addr{}); got.IsValid() {
		t.Errorf("no address is of the host %v", got)
	}
}
