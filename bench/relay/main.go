// Command relay compares relays: lines per second and processor time per line,
// from Graphite datagrams on loopback UDP to a TCP sink. Run it in bench/:
//
//	go run ./relay -rates 50000,200000 -for 5s -rounds 3
//	go run ./relay -mode encode -rates 200000
//
// A mode is pass for lines that pass unchanged, encode for lines of another
// format, and single for one line in each datagram.
//
// With -spool it compares monkit-relay with a spool to one without, and fails if
// that costs too much although the destination is healthy.
//
// It sends each rate whatever the relay does, and accounts for the lines that did
// not arrive. The relays run in turn, so that other load of the machine slows all
// of them. The first round is not counted. The command reads /proc, so it needs
// Linux.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	rates := flag.String("rates", "25000,100000,200000,400000", "lines per second, separated by commas")
	length := flag.Duration("for", 5*time.Second, "duration of each rate")
	rounds := flag.Int("rounds", 3, "number of rounds, not counting the first one")
	name := flag.String("mode", modes[0].name, "what is measured: pass, encode or single")
	spool := flag.Bool("spool", false, "compare monkit-relay with a spool to one without, and nothing else")
	flag.Parse()
	if err := run(*name, *rates, *length, *rounds, *spool); err != nil {
		fmt.Fprintln(os.Stderr, "relay:", err)
		os.Exit(1)
	}
}

func run(name, list string, length time.Duration, rounds int, spool bool) error {
	m, err := modeOf(name)
	if err != nil {
		return err
	}
	rates, err := parseRates(list)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "relay-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	peers, err := peers(dir)
	if err != nil {
		return err
	}
	peers = slices.DeleteFunc(peers, func(p peer) bool { return p.only != "" && p.only != m.format })
	if spool {
		peers = peers[:1]
	}
	fmt.Printf("%s/%s, %d processors, %s; datagrams of %d bytes with %d lines, forwarded as %s, each rate for %v, median of %d rounds\n",
		runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), len(m.load.datagrams[0]), m.load.perDatagram, m.format, length, rounds)
	for _, p := range peers {
		fmt.Printf("%s: %s\n", p.name, p.about)
	}
	for _, rate := range rates {
		if spool {
			err = errors.Join(err, compareSpool(peers[0], dir, rate, length, rounds))
			continue
		}
		results, err := compare(peers, m, rate, length, rounds)
		if err != nil {
			return err
		}
		printTable(rate, results)
	}
	return err
}

// A mode is a kind of work: what is sent, and the format that it is forwarded in.
type mode struct {
	name, format string
	load         load
}

var modes = []mode{
	{"pass", "graphite", fullDatagrams},
	{"encode", "influx", fullDatagrams},
	{"single", "graphite", singleLines},
}

func modeOf(name string) (mode, error) {
	for _, m := range modes {
		if m.name == name {
			return m, nil
		}
	}
	return mode{}, fmt.Errorf("mode %q is not known; write pass, encode or single", name)
}

func parseRates(list string) ([]int, error) {
	var rates []int
	for text := range strings.SplitSeq(list, ",") {
		rate, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || rate <= 0 {
			return nil, fmt.Errorf("rate %q is not a positive number of lines per second", text)
		}
		rates = append(rates, rate)
	}
	return rates, nil
}

// compare returns the results of each peer, in the order of peers, without those
// of the first round.
func compare(peers []peer, m mode, rate int, length time.Duration, rounds int) ([][]result, error) {
	results := make([][]result, len(peers))
	for round := range rounds + 1 {
		for i, p := range peers {
			r, err := p.trial(m, rate, length)
			if err != nil {
				return nil, fmt.Errorf("%s at %d lines/s: %w", p.name, rate, err)
			}
			if round > 0 {
				results[i] = append(results[i], r)
			}
		}
	}
	return results, nil
}

func printTable(rate int, results [][]result) {
	fmt.Printf("\n%d lines/s\n%-16s %12s %10s %12s %12s %12s %9s\n", rate,
		"", "lines/s", "ns/line", "sent", "kernel drops", "unaccounted", "RSS MiB")
	for _, rs := range results {
		fmt.Printf("%-16s %12.0f %10.0f %12d %12d %12d %9.0f\n", rs[0].peer,
			median(rs, result.linesPerSecond), median(rs, result.nsPerLine),
			sum(rs, func(r result) int { return r.sent }),
			sum(rs, func(r result) int { return r.kernelDrops }),
			sum(rs, result.unaccounted),
			median(rs, func(r result) float64 { return float64(r.rss) / (1 << 20) }))
	}
}
