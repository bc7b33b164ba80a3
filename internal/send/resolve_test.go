package send

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// fakeNames is a name server. It records when it was asked.
type fakeNames struct {
	mu    sync.Mutex
	hosts []string        // guarded by mu; the answer
	err   error           // guarded by mu; the answer, if it is not nil
	delay time.Duration   // guarded by mu; before the answer
	start time.Time       // guarded by mu; of the test
	asked []time.Duration // guarded by mu; since start
}

func newFakeNames(hosts ...string) *fakeNames { return &fakeNames{hosts: hosts, start: time.Now()} }

func (f *fakeNames) set(err error, hosts ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hosts, f.err = hosts, err
}

func (f *fakeNames) lookup(ctx context.Context, _ string) ([]string, error) {
	f.mu.Lock()
	f.asked = append(f.asked, time.Since(f.start))
	hosts, err, delay := f.hosts, f.err, f.delay
	f.mu.Unlock()
	select {
	case <-time.After(delay):
		return hosts, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (f *fakeNames) times() []time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.asked)
}

// testResolver returns a resolver of h.test:1, which the test closes.
func testResolver(t *testing.T, f *fakeNames) *resolver {
	t.Helper()
	r, err := newResolver("h.test:1", DialOptions{Lookup: f.lookup})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	return r
}

// mustResolve fails the test unless r has the addresses of hosts in this order.
func mustResolve(t *testing.T, r *resolver, hosts ...string) {
	t.Helper()
	var want []string
	for _, h := range hosts {
		want = append(want, h+":1")
	}
	got, err := r.addresses(t.Context())
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("addresses returns %v, %v, want %v", got, err, want)
	}
}

func seconds(s ...float64) (all []time.Duration) {
	for _, s := range s {
		all = append(all, time.Duration(s*float64(time.Second)))
	}
	return all
}

func TestNameIsResolvedAtFirstUseAndEach30Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNames("1.1.1.1")
		r := testResolver(t, f)
		time.Sleep(time.Minute)
		for range 7 { // until 120 s
			mustResolve(t, r, "1.1.1.1")
			time.Sleep(10 * time.Second)
		}
		if want := seconds(60, 90, 120); !slices.Equal(f.times(), want) {
			t.Errorf("lookups at %v, want %v", f.times(), want)
		}
	})
}

func TestUnusedResolverStopsItsGoroutineUntilItIsUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNames("1.1.1.1")
		r := testResolver(t, f)
		mustResolve(t, r, "1.1.1.1")
		running := func() bool {
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.running
		}
		time.Sleep(5*time.Minute - time.Second)
		if !running() {
			t.Error("the goroutine has ended after 5 minutes")
		}
		time.Sleep(10 * time.Minute)
		asked := len(f.times())
		time.Sleep(time.Hour)
		if running() || len(f.times()) != asked {
			t.Errorf("the goroutine still runs: %v; %d lookups in an hour without use", running(), len(f.times())-asked)
		}
		f.set(nil, "2.2.2.2")
		mustResolve(t, r, "2.2.2.2") // waits for the lookup
		if !running() {
			t.Error("the goroutine does not run again")
		}
	})
}

func TestFailureResolvesAtOnceButAtMostOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNames("1.1.1.1", "2.2.2.2")
		r := testResolver(t, f)
		mustResolve(t, r, "1.1.1.1", "2.2.2.2")
		time.Sleep(10 * time.Second)
		for range 20 { // in two seconds
			r.failed("1.1.1.1:1")
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(10 * time.Second)
		if want := seconds(0, 10, 11, 12); !slices.Equal(f.times(), want) {
			t.Errorf("lookups at %v, want %v", f.times(), want)
		}
	})
}

func TestFailedAddressIsTriedLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNames("a", "b", "c", "a")
		r := testResolver(t, f)
		mustResolve(t, r, "a", "b", "c") // each once
		for _, tt := range []struct {
			failed string
			want   []string
		}{
			{"a:1", []string{"b", "c", "a"}},
			{"a:1", []string{"b", "c", "a"}},
			{"b:1", []string{"c", "a", "b"}},
			{"c:1", []string{"a", "b", "c"}},
			{"gone:1", []string{"a", "b", "c"}},
		} {
			r.failed(tt.failed)
			mustResolve(t, r, tt.want...)
		}
		r.failed("a:1")
		f.set(nil, "c", "a", "b") // rotated by a load balancer
		time.Sleep(time.Minute)
		mustResolve(t, r, "b", "c", "a")
		if n := stats(r); n["dns_changes"] != 0 {
			t.Errorf("the same addresses in another order are a change: %v", n)
		}
	})
}

func TestAddressesStayWhenALookupFails(t *testing.T) {
	for name, fail := range map[string]func(*fakeNames){
		"no answer":    func(f *fakeNames) { f.set(errDown) },
		"no addresses": func(f *fakeNames) { f.set(nil) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFakeNames("a")
				r := testResolver(t, f)
				mustResolve(t, r, "a")
				fail(f)
				time.Sleep(40 * time.Second)
				mustResolve(t, r, "a")
				if n := stats(r); !r.contains("a:1") || n["lookup_errors"] != 1 || n["dns_changes"] != 0 {
					t.Errorf("contains: %v, %v", r.contains("a:1"), n)
				}
				f.set(nil, "b", "c")
				time.Sleep(30 * time.Second)
				mustResolve(t, r, "b", "c")
				if n := stats(r); r.contains("a:1") || n["lookup_errors"] != 1 || n["dns_changes"] != 1 {
					t.Errorf("contains the old address: %v, %v", r.contains("a:1"), n)
				}
			})
		})
	}
}

func TestUnknownNameIsAnErrorUntilItIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNames()
		f.set(&net.DNSError{Err: "no such host", Name: "h.test", Server: "9.9.9.9:53"})
		r := testResolver(t, f)
		for range 4 {
			if _, err := r.addresses(t.Context()); err == nil || err.Error() != "lookup h.test on 9.9.9.9:53: no such host" {
				t.Errorf("addresses: %v", err)
			}
		}
		if want := seconds(0, 1, 2, 3); !slices.Equal(f.times(), want) {
			t.Errorf("lookups at %v, want %v", f.times(), want)
		}
		f.set(nil, "a")
		mustResolve(t, r, "a")
	})
}

func TestSlowLookupDelaysADialForASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNames("a")
		r := testResolver(t, f)
		f.delay = 3 * time.Second
		start := time.Now()
		if _, err := r.addresses(within(t, 2*time.Second)); !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), "lookup h.test: ") {
			t.Errorf("addresses: %v", err)
		}
		if d := time.Since(start); d != 2*time.Second {
			t.Errorf("addresses returns after %v, its context ends after 2 s", d)
		}
		mustResolve(t, r, "a") // of the same lookup
		if d := time.Since(start); d != 3*time.Second {
			t.Errorf("addresses returns after %v, the lookup takes 3 s", d)
		}
		time.Sleep(time.Second)
		start = time.Now()
		r.failed("a:1")
		mustResolve(t, r, "a")
		if d := time.Since(start); d != lookupWait {
			t.Errorf("addresses that are known return after %v, want %v", d, lookupWait)
		}
	})
}

func TestHangingLookupEndsAfterFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNames()
		f.delay = time.Hour
		r := testResolver(t, f)
		start := time.Now()
		_, err := r.addresses(t.Context())
		if d := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || d != 5*time.Second {
			t.Errorf("addresses returns %v after %v", err, d)
		}
	})
}

func TestLiteralAddressesAreNeverResolved(t *testing.T) {
	for _, address := range []string{"127.0.0.1:1", "[::1]:1", "[fe80::1%lo]:1"} {
		r, err := newResolver(address, DialOptions{Lookup: func(context.Context, string) ([]string, error) {
			t.Errorf("%s is resolved", address)
			return nil, errDown
		}})
		if err != nil {
			t.Fatal(err)
		}
		r.failed(address)
		r.touch()
		if got, err := r.addresses(t.Context()); err != nil || !slices.Equal(got, []string{address}) || !r.contains(address) {
			t.Errorf("addresses of %s: %v, %v", address, got, err)
		}
		r.close()
	}
}

func TestCloseEndsAndJoinsALookup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		returned := false
		lookup := func(ctx context.Context, _ string) ([]string, error) {
			<-ctx.Done()
			time.Sleep(time.Second)
			returned = true
			return nil, ctx.Err()
		}
		r, err := newResolver("h.test:1", DialOptions{Lookup: lookup})
		if err != nil {
			t.Fatal(err)
		}
		result := make(chan error)
		go func() {
			_, err := r.addresses(context.Background())
			result <- err
		}()
		synctest.Wait()
		start := time.Now()
		go r.close()
		if err := <-result; !errors.Is(err, net.ErrClosed) || time.Since(start) != 0 {
			t.Errorf("addresses returns %v after %v", err, time.Since(start))
		}
		r.close()
		if d := time.Since(start); !returned || d != time.Second {
			t.Errorf("close returned after %v, and the lookup has returned: %v", d, returned)
		}
		r.failed("a:1")
		if _, err := r.addresses(t.Context()); !errors.Is(err, net.ErrClosed) {
			t.Errorf("addresses after close: %v", err)
		}
	})
}

func TestDialTriesEightAddressesAndTheNextDialTheOthers(t *testing.T) {
	_, port, _ := net.SplitHostPort(freeAddr(t))
	var hosts []string
	for i := range 10 {
		hosts = append(hosts, fmt.Sprintf("127.0.0.%d", i+1))
	}
	f := newFakeNames(hosts...)
	r, err := newResolver("h.test:"+port, DialOptions{Lookup: f.lookup})
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	if c, _, err := r.dial(within(t, 10*time.Second), new(net.Dialer), "tcp"); err == nil {
		c.Close()
		t.Fatal("a dial to a closed port succeeds")
	}
	got, err := r.addresses(t.Context())
	if err != nil || got[0] != "127.0.0.9:"+port {
		t.Errorf("the next dial begins with %v, %v, want the ninth address", got, err)
	}
}

func TestAttemptsShareTheTimeOfADial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := within(t, 8*time.Second)
		for n, want := range map[int]time.Duration{1: 8 * time.Second, 4: 2 * time.Second} {
			attempt, cancel := withShare(ctx, n)
			defer cancel()
			end, ok := attempt.Deadline()
			if got := time.Until(end); !ok || got != want {
				t.Errorf("one of %d attempts has %v, want %v", n, got, want)
			}
		}
		attempt, cancel := withShare(t.Context(), 2)
		defer cancel()
		if end, ok := attempt.Deadline(); ok {
			t.Errorf("a dial without a deadline ends at %v", end)
		}
	})
}
