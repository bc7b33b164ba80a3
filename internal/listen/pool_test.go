package listen

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// host returns the n-th address.
func host(n int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)}), 32)
}

// poolTest is a pool whose members have names, and those that it replaced.
type poolTest struct {
	*pool
	members  map[string]*member
	replaced []string
}

func newPoolTest(size int) *poolTest {
	return &poolTest{pool: newPool(size), members: make(map[string]*member)}
}

// join adds a member a second after everything else. Those that are replaced end at
// once.
func (p *poolTest) join(name string, host netip.Prefix) {
	time.Sleep(time.Second)
	p.members[name] = p.add(context.Background(), host, func(error) { p.replaced = append(p.replaced, name) })
	for _, old := range p.replaced {
		if m := p.members[old]; m != nil {
			m.end()
			delete(p.members, old)
		}
	}
}

func (p *poolTest) use(name string) {
	time.Sleep(time.Second)
	p.members[name].use(time.Now())
}

func TestNewcomerReplacesTheLongestIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPoolTest(3)
		for n, name := range []string{"a", "b", "c"} {
			p.join(name, host(n))
		}
		p.use("a")
		p.join("d", host(3)) // b is the one that is idle for longest
		p.use("c")
		p.join("e", host(4)) // a
		p.members["c"].end()
		delete(p.members, "c")
		p.join("f", host(5)) // there is room
		p.join("g", host(6)) // d, which was never used
		if want := []string{"b", "a", "d"}; !slices.Equal(p.replaced, want) {
			t.Errorf("replaced %v, want %v", p.replaced, want)
		}
		if p.size() != 3 || p.leaving != 0 {
			t.Errorf("%d members, %d leaving", p.size(), p.leaving)
		}
	})
}

// One host gives up its own connections once it has more than half of them, and may
// have all while there is room.
func TestHostThatHasMostReplacesItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPoolTest(10)
		p.join("good", host(1))
		for n := range 9 {
			p.join(fmt.Sprint("early ", n), host(2))
		}
		if len(p.replaced) > 0 {
			t.Fatalf("replaced %v while there was room", p.replaced)
		}
		for n := range 1000 {
			p.join(fmt.Sprint("late ", n), host(2))
			if p.members["good"] == nil {
				t.Fatal("the connection of the other host, which is idle for longest, was replaced")
			}
		}
		for n := range 4 { // other hosts get their share
			p.join(fmt.Sprint("other ", n), host(10+n))
		}
		if n := len(p.peers[host(2)].members); n != 5 || p.members["good"] == nil {
			t.Errorf("the host has %d of 10 connections", n)
		}
		p.join("other 4", host(14)) // the host has half now: the one that is idle for longest is replaced
		if p.members["good"] != nil {
			t.Errorf("replaced %q", p.replaced[len(p.replaced)-1])
		}
	})
}

func TestPoolOfOneServesTheNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPoolTest(0)
		p.join("a", host(1))
		p.join("b", host(1))
		p.use("b")
		p.join("c", host(2))
		if want := []string{"a", "b"}; !slices.Equal(p.replaced, want) {
			t.Errorf("replaced %v, want %v", p.replaced, want)
		}
	})
}

// The heaps agree with a search through all members, whatever happens.
func TestOldestIsTheOldestOfAll(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	synctest.Test(t, func(t *testing.T) {
		p := newPoolTest(20)
		for n := range 5000 {
			names := make([]string, 0, len(p.members))
			for name := range p.members {
				names = append(names, name)
			}
			slices.Sort(names)
			switch {
			case len(names) > 0 && random.IntN(10) < 7:
				p.use(names[random.IntN(len(names))])
			case len(names) > 0 && random.IntN(10) == 0:
				name := names[random.IntN(len(names))]
				p.members[name].end()
				delete(p.members, name)
			default:
				want := ""
				if len(p.members) == 20 {
					want = p.expected()
				}
				before := len(p.replaced)
				p.join(fmt.Sprint(n), host(random.IntN(3)))
				if got := slices.Clone(p.replaced[before:]); len(got) > 1 || len(got) == 1 && got[0] != want || len(got) == 0 && want != "" {
					t.Fatalf("step %d replaced %q, want %q", n, got, want)
				}
			}
		}
		if len(p.replaced) < 100 {
			t.Errorf("only %d were replaced", len(p.replaced))
		}
	})
}

// expected returns the member that a newcomer must replace.
func (p *poolTest) expected() string {
	count := make(map[netip.Prefix]int)
	for _, m := range p.members {
		count[m.peer]++
	}
	oldest := ""
	for name, m := range p.members {
		large := false
		for host, n := range count {
			large = large || n > len(p.members)/2 && host != m.peer
		}
		if !large && (oldest == "" || m.used.Load() < p.members[oldest].used.Load()) {
			oldest = name
		}
	}
	return oldest
}

// Members that were replaced still have a descriptor each, so only so many may be
// on their way out.
func TestNewcomerWaitsWhileManyAreLeaving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(1)
		var members []*member
		join := func(ctx context.Context) { members = append(members, p.add(ctx, host(1), func(error) {})) }
		for range maxLeaving + 1 {
			join(t.Context())
		}
		joined := make(chan bool)
		go func() { join(t.Context()); joined <- true }()
		synctest.Wait()
		select {
		case <-joined:
			t.Fatalf("%d are leaving", p.leaving)
		default:
		}
		members[maxLeaving].end() // the one that it replaced
		<-joined
		ctx, cancel := context.WithCancel(t.Context())
		go func() { join(ctx); joined <- true }()
		synctest.Wait()
		cancel()
		<-joined
		for i, m := range members {
			if i != maxLeaving {
				m.end()
			}
		}
		if p.size() != 0 || p.leaving != 0 || len(p.peers) != 0 {
			t.Errorf("%d members, %d leaving, %d hosts are left", p.size(), p.leaving, len(p.peers))
		}
	})
}

func TestReplaceOldestMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPoolTest(10)
		p.closeOldest() // of none
		p.join("a", host(1))
		p.join("b", host(1))
		p.closeOldest()
		if want := []string{"a"}; !slices.Equal(p.replaced, want) || p.size() != 1 {
			t.Errorf("replaced %v, want %v; %d are left", p.replaced, want, p.size())
		}
	})
}

// BenchmarkFullPool measures a newcomer to a full pool that gets a hundred lines
// between two of them.
func BenchmarkFullPool(b *testing.B) {
	p := newPool(10_000)
	members := make([]*member, p.max)
	join := func(at int) {
		var m *member
		m = p.add(b.Context(), host(at), func(error) { m.end() })
		members[at] = m
	}
	for at := range members {
		join(at)
	}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		for i := range 100 {
			members[(n*100+i)%len(members)].use(time.Now())
		}
		join(n % len(members))
	}
}
