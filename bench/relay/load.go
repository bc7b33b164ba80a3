package main

import (
	"bytes"
	"fmt"
	"net"
	"time"

	"golang.org/x/net/ipv4"
)

// 1432 bytes keep a datagram inside one Ethernet frame with IPv6 and a VPN header.
// Clients that pack lines into datagrams send this size.
const maxDatagram = 1432

// 400 different datagrams are sent in turn, which have about 10 000 series.
const distinct = 400

// A load is what is sent: equal numbers of lines in each datagram.
type load struct {
	datagrams [][]byte
	// perDatagram is the number of lines in each datagram, so that a number of
	// datagrams can be converted to lines.
	perDatagram int
}

// The loads are rendered before any measurement.
var (
	fullDatagrams = newLoad(maxDatagram)
	singleLines   = newLoad(1)
)

// newLoad returns datagrams of up to size bytes, but at least one line each.
func newLoad(size int) load {
	all := render(distinct, size)
	return load{all, bytes.Count(all[0], []byte("\n"))}
}

func render(n, size int) [][]byte {
	now := time.Now().Unix()
	all := make([][]byte, n)
	series := 0
	for i := range all {
		for {
			line := fmt.Appendf(nil, "bench.s%02d.host%03d.m%06d.total %06d.%d %d\n", series%7, series%100, series, series*17, series%10, now)
			if len(all[i]) > 0 && len(all[i])+len(line) > size {
				break
			}
			all[i] = append(all[i], line...)
			series++
		}
	}
	return all
}

// slot is the interval in which datagrams are sent. The datagrams of one slot fit
// into a socket's buffer, and a sleep is more precise than a slot.
const slot = time.Millisecond

// send sends lines at the rate for the duration length. It returns the number of
// lines that the kernel accepted. A late slot sends what is missing until then.
func (l load) send(addr string, rate int, length time.Duration) (lines int, err error) {
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
			return sent * l.perDatagram, nil
		}
		for due := int(float64(rate) * now.Seconds()); sent*l.perDatagram < due; {
			n, err := l.sendSome(out, sent, due-sent*l.perDatagram)
			sent += n
			if err != nil {
				return sent * l.perDatagram, err
			}
		}
		time.Sleep(slot - time.Since(start)%slot)
	}
}

// burst is the maximum number of datagrams in one sendmmsg.
const burst = 32

// sendSome sends up to burst datagrams that have at least want lines together,
// starting with the datagram number next. It returns the number of datagrams that
// it sent.
func (l load) sendSome(out *ipv4.PacketConn, next, want int) (int, error) {
	batch := make([]ipv4.Message, min(burst, (want+l.perDatagram-1)/l.perDatagram))
	for i := range batch {
		batch[i].Buffers = [][]byte{l.datagrams[(next+i)%len(l.datagrams)]}
	}
	sent, err := out.WriteBatch(batch, 0)
	return max(sent, 0), err
}
