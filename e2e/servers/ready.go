package servers

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
)

// all is ready when every one of the checks is.
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

// dialable is the readiness of a server that accepts connections.
func dialable(addr string) func() error {
	return func() error {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			return err
		}
		return c.Close()
	}
}

// answers is the readiness of a server that answers a GET.
func answers(url string) func() error {
	return func() error {
		_, err := get(url)
		return err
	}
}

// receives is the readiness of a UDP socket, which cannot be asked: the
// kernel's table has it. Where there is no such table, nothing is known.
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
		panic(err) // FreeAddr made it
	}
	return p
}
