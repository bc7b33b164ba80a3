package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of /proc/PID/stat: USER_HZ, 100 on every Linux that Go has.
const tick = 10 * time.Millisecond

// cpuTime is what the process has used so far, user and system.
func cpuTime(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The second field is the command in parentheses and may hold anything.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	const utime, stime = 11, 12 // counted from the third field
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

// peakRSS is the most memory that the process has had resident, in bytes.
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

// kernelDrops is how many datagrams the kernel threw away that were for the
// UDP sockets on the port, for want of room. It fails if there is no socket.
func kernelDrops(port int) (int, error) {
	total, found := 0, false
	for _, table := range []string{"/proc/net/udp", "/proc/net/udp6"} {
		text, err := os.ReadFile(table)
		if err != nil {
			continue // no IPv6 here
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
