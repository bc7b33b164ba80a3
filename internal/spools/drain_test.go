package spools

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/spool"
	"monkit.example/reporters/ledger"
)

// fake is a Destination whose lines arrive at Flush. Only the first limit
// payloads do, so that Flush waits for the others until its context ends.
type fake struct {
	name     string
	limit    int
	payloads []string
	flush    func(f *fake) // is called by Flush before lines arrive
	book     *ledger.Book
	lines    []int // of payloads that did not arrive
	text     []string
	failure  error
	closed   bool
}

func newFake() *fake {
	return &fake{name: "graphite+tcp://fake:1", limit: 1 << 30, book: ledger.NewBook()}
}

func (f *fake) Name() string { return f.name }

func (f *fake) Send(_ context.Context, payload []byte, lines int) error {
	f.book.Accept(int64(lines))
	f.text, f.lines = append(f.text, string(payload)), append(f.lines, lines)
	return nil
}

func (f *fake) Flush(ctx context.Context) error {
	if f.flush != nil {
		f.flush(f)
	}
	for len(f.text) > 0 && len(f.payloads) < f.limit {
		f.payloads = append(f.payloads, f.text[0])
		f.book.Sent(int64(f.lines[0]))
		f.text, f.lines = f.text[1:], f.lines[1:]
	}
	if len(f.text) > 0 {
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

func (f *fake) Close(context.Context) error {
	f.book.Drop(ledger.Closed, f.book.Ledger().Pending)
	f.closed = true
	return nil
}

func (f *fake) Ledger() ledger.Ledger { return f.book.Ledger() }

func (f *fake) Unavailable() error { return f.failure }

func (f *fake) open(string, string) (Destination, int, error) { return f, 0, nil }

// drain drains p to f and checks that the ledger balances.
func drain(t *testing.T, ctx context.Context, p Place, f *fake) Result {
	t.Helper()
	d, err := NewDrain(p, "", f.open)
	if err != nil {
		t.Fatal(err)
	}
	d.Run(ctx)
	r := d.Close(ctx)
	if err := r.Ledger.Check(); err != nil {
		t.Error(err)
	}
	if !f.closed {
		t.Error("the destination is not closed")
	}
	return r
}

// waiting returns how many lines wait at p.
func waiting(t *testing.T, p Place) int64 {
	t.Helper()
	r, err := Verify(p)
	if err != nil {
		t.Fatal(err)
	}
	return r.Waiting.Lines
}

func TestDrainSendsAllAndReleasesIt(t *testing.T) {
	p, f := filled(t, 30), newFake()
	r := drain(t, t.Context(), p, f)
	if r.Err != nil || len(r.Notes) != 0 || r.From != testIdentity || r.To != f.name {
		t.Errorf("%+v", r)
	}
	if got := r.Ledger; got.Accepted != 30*testLines || got.Delivered != 30*testLines || got.Recalled != 0 {
		t.Errorf("ledger %v", got)
	}
	if got := strings.Join(f.payloads, ""); got != testText(30) {
		t.Errorf("sent %d bytes", len(got))
	}
	if n := waiting(t, p); n != 0 {
		t.Errorf("%d lines wait", n)
	}
	if _, err := NewDrain(p, "", newFake().open); !errors.Is(err, ErrEmpty) {
		t.Errorf("the second drain: %v", err)
	}
}

// TestDrainThatIsInterruptedLeavesTheRest has a destination that takes some
// records and no more.
func TestDrainThatIsInterruptedLeavesTheRest(t *testing.T) {
	p, f := filled(t, 30), newFake()
	f.limit, f.failure = 4, errors.New("connection refused")
	ctx, cancel := context.WithCancelCause(t.Context())
	f.flush = func(*fake) { cancel(errors.New("interrupted")) }
	r := drain(t, ctx, p, f)
	if r.Err == nil || r.Err.Error() != "interrupted (last failure: connection refused)" {
		t.Errorf("%v", r.Err)
	}
	// What arrived is sent again, since a part of a window is not released.
	if got := r.Ledger; got.Delivered != 0 || got.Pending != 30*testLines || got.Recalled != 4*testLines {
		t.Errorf("ledger %v", got)
	}
	if n := waiting(t, p); n != 30*testLines {
		t.Errorf("%d lines wait", n)
	}
}

func TestDrainDoesNotSendAfterItsContext(t *testing.T) {
	p, f := filled(t, 3), newFake()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := drain(t, ctx, p, f)
	if !errors.Is(r.Err, context.Canceled) || len(f.payloads) != 0 || r.Ledger.Pending != 3*testLines {
		t.Errorf("%+v", r)
	}
}

// TestDrainReleasesEachWindow interrupts a drain in its second window.
func TestDrainReleasesEachWindow(t *testing.T) {
	const records = windowRecords + 10
	p, f := filled(t, 0), newFake()
	s := openSpool(t, p.Dir)
	for i := range records {
		if _, err := s.Append(spool.Meta{Lines: 1, Time: testTime(i)}, []byte("a 1 1\n")); err != nil {
			t.Fatal(err)
		}
	}
	closeSpool(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	windows := 0
	f.flush = func(f *fake) {
		if windows++; windows == 2 {
			f.limit = windowRecords + 3
			cancel()
		}
	}
	r := drain(t, ctx, p, f)
	if got := r.Ledger; got.Delivered != windowRecords || got.Pending != 10 || got.Recalled != 3 {
		t.Errorf("ledger %v, %v", got, r.Err)
	}
	f = newFake()
	if r = drain(t, t.Context(), p, f); r.Err != nil || len(f.payloads) != 10 || r.Ledger.Delivered != 10 {
		t.Errorf("the second drain: %v, %d payloads", r.Ledger, len(f.payloads))
	}
}

func TestDrainCountsWhatTheDestinationDrops(t *testing.T) {
	p, f := filled(t, 10), newFake()
	f.flush = func(f *fake) {
		f.book.Drop(ledger.Rejected, int64(f.lines[0]))
		f.text, f.lines = f.text[1:], f.lines[1:]
	}
	r := drain(t, t.Context(), p, f)
	if got := r.Ledger; r.Err != nil || got.Delivered != 9*testLines || got.Dropped[ledger.Rejected] != testLines {
		t.Errorf("ledger %v, %v", got, r.Err)
	}
	if n := waiting(t, p); n != 0 {
		t.Errorf("%d lines wait", n)
	}
}

// TestDrainCountsWhatItsSenderTakesBack has a connection that fails after the
// window was released.
func TestDrainCountsWhatItsSenderTakesBack(t *testing.T) {
	for _, again := range []int64{0, 5} {
		p, f := filled(t, 10), newFake()
		d, err := NewDrain(p, "", f.open)
		if err != nil {
			t.Fatal(err)
		}
		d.Run(t.Context())
		f.book.Recall(5)
		f.book.Sent(again)
		r := d.Close(t.Context())
		if err := r.Ledger.Check(); err != nil {
			t.Error(err)
		}
		if got := r.Ledger; got.Delivered != 10*testLines-5+again || got.Dropped[ledger.Closed] != 5-again || got.Recalled != 5 {
			t.Errorf("%d sent again: ledger %v", again, got)
		}
	}
}

func TestDrainCountsDamage(t *testing.T) {
	p, f := filled(t, 40), newFake()
	segs := segments(t, p)
	flip(t, segs[1], segmentHeader+recordHeader+1) // Open reads the first segment alone
	d, err := NewDrain(p, "", f.open)
	if err != nil {
		t.Fatal(err)
	}
	d.Run(t.Context())
	if got := d.books[0].Ledger(); got.Dropped[ledger.Corrupt] != testLines {
		t.Errorf("ledger %v, before a process that is killed now could count", got)
	}
	r := d.Close(t.Context())
	if err := r.Ledger.Check(); err != nil {
		t.Error(err)
	}
	if got := r.Ledger; r.Err != nil || got.Delivered != 39*testLines || got.Dropped[ledger.Corrupt] != testLines {
		t.Errorf("ledger %v, %v", got, r.Err)
	}
}

// TestDrainKeepsTheBookOfTheDestination checks that the next run of a relay finds
// its counts as if it had sent the lines itself.
func TestDrainKeepsTheBookOfTheDestination(t *testing.T) {
	p := filled(t, 10)
	p.Book = filepath.Join(filepath.Dir(p.Dir), bookFile)
	b, err := ledger.OpenBook(p.Book, testIdentity)
	if err != nil {
		t.Skip("books in files need a system that maps them: ", err)
	}
	b.Accept(10*testLines + 7)
	b.Sent(5)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	r := drain(t, t.Context(), p, newFake())
	if len(r.Notes) != 1 || !strings.HasPrefix(r.Notes[0], "2 lines of the run before are lost, and 0 are sent again") {
		t.Errorf("notes %q", r.Notes)
	}
	b, err = ledger.OpenBook(p.Book, testIdentity)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if again, lost := b.Settle(0); again+lost != 0 {
		t.Errorf("%d lines again and %d lost", again, lost)
	}
	if got := b.Ledger(); got.Delivered != 10*testLines+5 || got.Dropped[ledger.Crash] != 2 || got.Pending != 0 || got.Check() != nil {
		t.Errorf("ledger %v", got)
	}
}

// TestDrainReportsABookThatIsOfNoUse has books that are damaged, or in use.
func TestDrainReportsABookThatIsOfNoUse(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(t *testing.T, path string)
		want   string
	}{
		{"not a book", func(t *testing.T, path string) { write(t, path, []byte(strings.Repeat("x", 4096))) },
			"the next run may count the lines that are sent now as lost: book "},
		{"damaged", func(t *testing.T, path string) {
			b, err := ledger.OpenBook(path, testIdentity)
			if err != nil {
				t.Skip("books in files need a system that maps them: ", err)
			}
			b.Accept(1)
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
			flip(t, path, 40)
		}, "the counts start from zero"},
		{"in use", func(t *testing.T, path string) {
			b, err := ledger.OpenBook(path, testIdentity)
			if err != nil {
				t.Skip("books in files need a system that maps them: ", err)
			}
			t.Cleanup(func() { b.Close() })
		}, "the next run may count the lines that are sent now as lost: book "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := filled(t, 3)
			p.Book = filepath.Join(filepath.Dir(p.Dir), bookFile)
			tt.change(t, p.Book)
			r := drain(t, t.Context(), p, newFake())
			if r.Err != nil || r.Ledger.Delivered != 3*testLines || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], tt.want) {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestDrainSaysWhyItDoesNotBegin(t *testing.T) {
	p := filled(t, 3)
	s := openSpool(t, p.Dir)
	if _, err := NewDrain(p, "", newFake().open); err == nil || err.Error() != p.Dir+": a process has it open and sends what is in it: stop that process first" {
		t.Errorf("%v", err)
	}
	closeSpool(t, s)
	wrong := errors.New("no port")
	for range 2 { // the spool is closed again
		_, err := NewDrain(p, "", func(string, string) (Destination, int, error) { return nil, 0, wrong })
		if !errors.Is(err, wrong) || !strings.HasPrefix(err.Error(), p.Dir+": ") {
			t.Errorf("%v", err)
		}
	}
	if _, err := NewDrain(filled(t, 0), "", nil); !errors.Is(err, ErrEmpty) {
		t.Errorf("%v", err)
	}
}

func TestAddressOfASpool(t *testing.T) {
	for _, tt := range []struct{ identity, to, want, err string }{
		{"graphite+tcp://h:1", "", "graphite+tcp://h:1", ""},
		{"graphite+tcp://h:1#2", "", "graphite+tcp://h:1", ""},
		{"graphite+tcp://h:1", "graphite+tcp://other:1", "graphite+tcp://other:1", ""},
		{"influx+http://h:1/write?db=x&p=" + mask, "", "", "write -to with the whole address"},
		{"influx+http://h:1/write?db=x&p=" + mask, "influx+http://h:1/", "influx+http://h:1/", ""},
		{"", "", "", "nothing in it says where its lines belong; write -to ADDRESS"},
	} {
		got, err := addressOf(tt.identity, tt.to)
		if got != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%q, %q: %q, %v", tt.identity, tt.to, got, err)
		}
	}
}

func TestMaskIsThatOfEndpoints(t *testing.T) {
	for _, addr := range []string{"http://user:secret@h/", "http://h/write?p=secret"} {
		if got := endpoint.Redact(addr); !strings.Contains(got, mask) {
			t.Errorf("%s is shown as %s", addr, got)
		}
	}
}

func TestPayloadsAreWholeLines(t *testing.T) {
	for _, tt := range []struct {
		text        string
		lines, size int
		want        []string
	}{
		{"aa\nbb\ncc\n", 3, 0, []string{"3 aa\nbb\ncc\n"}},
		{"aa\nbb\ncc\n", 3, 9, []string{"3 aa\nbb\ncc\n"}},
		{"aa\nbb\ncc\n", 3, 8, []string{"2 aa\nbb\n", "1 cc\n"}},
		{"aa\nbb\ncc\n", 3, 3, []string{"1 aa\n", "1 bb\n", "1 cc\n"}},
		{"aa\nbbbbbbbb\ncc\n", 3, 4, []string{"1 aa\n", "1 bbbbbbbb\n", "1 cc\n"}},
		{"aa\nbb\ncc\n", 10, 3, []string{"3 aa\n", "3 bb\n", "4 cc\n"}},
		{"aa\nbb\ncc\n", 1, 3, []string{"0 aa\n", "0 bb\n", "1 cc\n"}},
		{"no end", 1, 3, []string{"1 no end"}},
		{"aa\nno end", 2, 3, []string{"2 aa\n", "0 no end"}},
	} {
		var got []string
		for text, lines := range payloads([]byte(tt.text), tt.lines, tt.size) {
			got = append(got, fmt.Sprintf("%d %s", lines, text))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q of %d lines in %d bytes: %q, want %q", tt.text, tt.lines, tt.size, got, tt.want)
		}
	}
}

func FuzzPayloads(f *testing.F) {
	f.Add("a\nbb\n\nccc\n", 4, 3)
	f.Add("no end", 1, 0)
	f.Add("\n\n\n", 0, 1)
	f.Fuzz(func(t *testing.T, text string, lines, size int) {
		lines, size = lines&0xffff, size&0xff
		var all strings.Builder
		for payload, n := range payloads([]byte(text), lines, size) {
			inner := strings.TrimSuffix(string(payload), "\n")
			if size > 0 && len(payload) > size && strings.Contains(inner, "\n") && strings.Index(inner, "\n") < size {
				t.Errorf("%q is larger than %d", payload, size)
			}
			if n < 0 {
				t.Errorf("%q counts as %d lines", payload, n)
			}
			lines -= n
			all.Write(payload)
		}
		if lines != 0 || all.String() != text {
			t.Errorf("%d lines are left, and %q became %q", lines, text, all.String())
		}
	})
}
