package main

import (
	"bytes"
	"fmt"
	"net"
	"time"

	"golang.org/x/net/ipv4"
)

// maxDatagram keeps a datagram inside one Ethernet frame with IPv6 and a VPN
// header; it is what clients that pack their lines send.
const maxDatagram = 1432

// distinct datagrams are sent in turn, so that a relay sees about 10 000 series.
const distinct = 400

var (
	datagrams = render(distinct) // before any clock starts
	// perDatagram is the same for all, so that lost datagrams are known in lines.
	perDatagram = bytes.Count(datagrams[0], []byte("\n"))
)

func render(n int) [][]byte {
	now := time.Now().Unix()
	all := make([][]byte, n)
	series := 0
	for i := range all {
		for {
			line := fmt.Appendf(nil, "bench.s%02d.host%03d.m%06d.total %06d.%d %d\n", series%7, series%100, series, series*17, series%10, now)
			if len(all[i])+len(line) > maxDatagram {
				break
			}
			all[i] = append(all[i], line...)
			series++
		}
	}
	return all
}

// slot is the beat of the generator: short against a socket's buffer, long
// against the precision of a sleep.
const slot = time.Millisecond

// send sends at the rate for length and returns how many lines the kernel
// took. Its deadlines are absolute: a slot that came late is caught up with.
func send(addr string, rate int, length time.Duration) (lines int, err error) {
	c, err := net.Dial("udp", addr)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	out := ipv4.NewPacketConn(c.(*net.UDPConn))
	start := time.Now()
	for sent := 0; ; {
		now := time.Since(start)
		if now >= length {
			return sent * perDatagram, nil
		}
		for due := int(float64(rate) * now.Seconds()); sent*perDatagram < due; {
			n, err := sendSome(out, sent, due-sent*perDatagram)
			sent += n
			if err != nil {
				return sent * perDatagram, err
			}
		}
		time.Sleep(slot - time.Since(start)%slot)
	}
}

// burst bounds one sendmmsg.
const burst = 32

// sendSome sends up to burst datagrams that have want lines, or a few more,
// and returns how many datagrams it sent.
func sendSome(out *ipv4.PacketConn, next, want int) (int, error) {
	batch := make([]ipv4.Message, min(burst, (want+perDatagram-1)/perDatagram))
	for i := range batch {
		batch[i].Buffers = [][]byte{datagrams[(next+i)%len(datagrams)]}
	}
	sent, err := out.WriteBatch(batch, 0)
	return max(sent, 0), err
}
