package listen

import (
	"strings"
	"testing"
)

func TestTheKernelsDropsAreCounted(t *testing.T) {
	r := open(t, "udp://127.0.0.1:0", Options{RcvBuf: 4096})
	conn := r.dial(t)
	text := strings.Repeat("a.b.c 1 1700000000\n", 70)
	const sent = 200
	for range sent { // nobody reads yet
		write(t, conn, text)
	}
	dropped, ok := r.KernelDrops()
	if !ok || dropped == 0 {
		t.Fatalf("KernelDrops() = %v, %v", dropped, ok)
	}
	r.start(t)
	r.stop(t)
	if after, ok := r.KernelDrops(); !ok || after != dropped {
		t.Errorf("after the end KernelDrops() = %v, %v, before it %v", after, ok, dropped)
	}
	if n := r.stat("datagrams") + float64(dropped); n != sent {
		t.Errorf("%v of %d datagrams are accounted for", n, sent)
	}
}

func TestTheReceiveBufferIsTold(t *testing.T) {
	r := open(t, "udp://127.0.0.1:0", Options{RcvBuf: 64 << 10})
	defer r.Close()
	if n := r.stat("rcvbuf_bytes"); n != 64<<10 {
		t.Errorf("the buffer is %v bytes", n)
	}
}
