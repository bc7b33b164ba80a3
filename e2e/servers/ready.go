package servers

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
)

// all returns a check that succeeds if all checks do.
func all(checks ...func() error) func() error {
	return func() error {
		for _, check := range checks {
			if err := check(); err != nil {
				return err
			}
		}
		return nil
	}
}

// dialable returns a check that succeeds if a server accepts TCP connections.
func dialable(addr string) func() error {
	return func() error {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			return err
		}
		return c.Close()
	}
}

// answers returns a check that succeeds if a server responds to GET with a 2xx
// status.
func answers(url string) func() error {
	return func() error {
		_, err := get(url)
		return err
	}
}

// receives returns a check that succeeds if a UDP socket has the address. It
// reads the kernel's table, because a UDP socket does not answer. On systems
// without that table it always succeeds.
func receives(addr string) func() error {
	p, err := strconv.Atoi(port(addr))
	local := fmt.Sprintf(":%04X ", p)
	return func() error {
		if err != nil {
			return err
		}
		table, err := os.ReadFile("/proc/net/udp")
		if os.IsNotExist(err) {
			return nil
		}
		if err == nil && !strings.Contains(string(table), local) {
			err = fmt.Errorf("no UDP socket on %s", addr)
		}
		return err
	}
}

func port(addr string) string {
	_, p, err := net.SplitHostPort(addr)
	if err != nil {
		panic(err) // addr is from FreeAddr
	}
	return p
}
