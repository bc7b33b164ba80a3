package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of times in /proc/PID/stat: USER_HZ is 100 on every Linux that
// Go supports.
const tick = 10 * time.Millisecond

// cpuTime returns the user and system time of the process so far.
func cpuTime(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The second field is the command in parentheses, which may have spaces.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	const utime, stime = 11, 12 // indices from the third field on
	if len(fields) <= stime {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	u, uerr := strconv.ParseInt(fields[utime], 10, 64)
	s, serr := strconv.ParseInt(fields[stime], 10, 64)
	if uerr != nil || serr != nil {
		return 0, fmt.Errorf("/proc/%d/stat: times %q and %q", pid, fields[utime], fields[stime])
	}
	return time.Duration(u+s) * tick, nil
}

// peakRSS returns the peak of the resident memory of the process, in bytes.
func peakRSS(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("/proc/%d/status has no VmHWM", pid)
}

// kernelDrops returns the number of datagrams that the kernel dropped because the
// buffers of the UDP sockets on the port were full. It returns an error if there
// is no socket.
func kernelDrops(port int) (int, error) {
	total, found := 0, false
	for _, table := range []string{"/proc/net/udp", "/proc/net/udp6"} {
		text, err := os.ReadFile(table)
		if err != nil {
			continue // the system has no IPv6
		}
		n, ok := dropsIn(string(text), port)
		total += n
		found = found || ok
	}
	if !found {
		return 0, fmt.Errorf("no UDP socket on port %d", port)
	}
	return total, nil
}

// dropsIn returns the sum of drops on the port in the text of /proc/net/udp, and
// whether there is a socket.
func dropsIn(table string, port int) (drops int, found bool) {
	local := fmt.Sprintf(":%04X", port)
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		if len(fields) < 13 || !strings.HasSuffix(fields[1], local) {
			continue
		}
		n, err := strconv.Atoi(fields[len(fields)-1])
		if err == nil {
			drops, found = drops+n, true
		}
	}
	return drops, found
}
