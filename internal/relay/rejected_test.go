package relay

import (
	"encoding/json"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"monkit.example/internal/faultsink"
	"monkit.example/internal/listen"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// texts returns groups as "2 malformed of 10.0.0.1 by in: a b".
func texts(groups []RejectedGroup) (all []string) {
	for _, g := range groups {
		all = append(all, fmt.Sprintf("%d %s of %s by %s: %s", g.Lines, g.Reason, g.Sender, g.Listener+g.Destination, g.Example.Text))
	}
	slices.Sort(all)
	return all
}

// sum returns the lines of all groups.
func sum(groups []RejectedGroup) (n int64) {
	for _, g := range groups {
		n += g.Lines
	}
	return n
}

// The lines of each sender are counted apart, however many of them a read has.
func TestRejectedLinesAreGroupedByReasonAndSender(t *testing.T) {
	r, err := New(Config{Listen: []string{"graphite+udp://127.0.0.1:0"}, Destinations: []Destination{{"d", &fake{}}}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.closeUnused()
	rec := r.receivers[0]
	senders := []listen.Sender{sender("10.0.0.1"), sender("10.0.0.2"), sender("2001:db8::1")}
	var all []listen.Text
	for i, lines := range []string{"x 1\n" + strings.Repeat("bad\n", 20) + "late nan 17\n", "a 1 17\n", "worse\nb nan 17\n", "worst\n"} {
		all = append(all, listen.Text{Lines: []byte(lines), From: senders[i*2%3]})
	}
	for range 2 {
		rec.listener.Book().Receive(26)
		rec.process(t.Context(), all, false)
	}
	in := "by " + rec.listener.Name() + ": "
	got := r.Rejected()
	if l := rec.ledger(); l.Check() != nil || l.Pending != 0 || sum(got) != l.Rejected.Sum() {
		t.Errorf("the groups have %d lines, the ledger is %v", sum(got), l)
	}
	for _, want := range []string{
		"42 malformed of 10.0.0.1 " + in + "bad", "2 malformed of 10.0.0.2 " + in + "worse",
		"2 not_finite of 10.0.0.1 " + in + "late nan 17", "2 not_finite of 10.0.0.2 " + in + "b nan 17",
	} {
		if !slices.Contains(texts(got), want) {
			t.Errorf("the groups lack %q:\n%s", want, strings.Join(texts(got), "\n"))
		}
	}
}

func sender(ip string) listen.Sender {
	return listen.SenderOf(&net.UDPAddr{IP: net.ParseIP(ip), Port: 9})
}

// add counts one malformed line of a sender.
func add(l *rejectedLines, reason ledger.Reason, sender string, at time.Time) {
	l.add(rejection{reason: reason, sender: sender, lines: 1, at: at, text: "line of " + sender, err: "wrong"})
}

// A flood of senders displaces neither those that send much, nor other reasons, nor
// other listeners, and no line is lost from the counts.
func TestFloodOfSendersHidesNoOther(t *testing.T) {
	var r Relay
	in, start := r.rejected.of("in"), time.Unix(1e9, 0)
	for i := range 100 {
		add(in, ledger.Malformed, "steady", start.Add(time.Duration(i)*time.Second))
	}
	add(in, ledger.TooLong, "long", start)
	add(r.rejected.of("other"), ledger.Malformed, "elsewhere", start)
	const flood = 100_000
	for i := range flood { // within 100 seconds
		at := start.Add(100*time.Second + time.Duration(i)*time.Millisecond)
		add(in, ledger.Malformed, fmt.Sprint("flood", i), at)
		if i%1000 == 0 {
			add(in, ledger.Malformed, "steady", at)
		}
	}
	groups := r.Rejected()
	if len(groups) != maxSenders+3 || sum(groups) != flood+202 {
		t.Errorf("%d groups have %d lines", len(groups), sum(groups))
	}
	all := texts(groups)
	for _, want := range []string{
		"200 malformed of steady by in: line of steady", "1 too_long of long by in: line of long", "1 malformed of elsewhere by other: line of elsewhere",
	} {
		if !slices.Contains(all, want) {
			t.Errorf("the groups lack %q:\n%s", want, strings.Join(all, "\n"))
		}
	}
	i := slices.IndexFunc(groups, func(g RejectedGroup) bool { return g.Sender == OtherSenders })
	if i < 0 || groups[i].Lines < flood-2*maxSenders || groups[i].First != start.Add(100*time.Second) || groups[i].Last.Before(start.Add(199*time.Second)) || groups[i].Example.Text == "" {
		t.Errorf("the others are missing or wrong:\n%s", strings.Join(all, "\n"))
	}
}

// Senders that are new at the same time displace one, not each other.
func TestSendersOfOneMomentDisplaceOne(t *testing.T) {
	var r Relay
	in, start := r.rejected.of("in"), time.Unix(1e9, 0)
	for i := range 1000 {
		add(in, ledger.Malformed, fmt.Sprint(i), start.Add(time.Duration(i)*time.Microsecond))
	}
	groups := r.Rejected()
	kept := 0
	for i := range maxSenders {
		if slices.ContainsFunc(groups, func(g RejectedGroup) bool { return g.Sender == fmt.Sprint(i) }) {
			kept++
		}
	}
	if kept != maxSenders-1 || sum(groups) != 1000 {
		t.Errorf("%d of the first senders are kept apart, %d lines are counted", kept, sum(groups))
	}
}

// A sender that has long been silent makes room, however much it sent.
func TestSilentSenderMakesRoom(t *testing.T) {
	var r Relay
	in, start := r.rejected.of("in"), time.Unix(1e9, 0)
	for range 100 {
		add(in, ledger.Malformed, "once much", start)
	}
	later := start.Add(staleTime + time.Minute)
	for i := range maxSenders {
		add(in, ledger.Malformed, fmt.Sprint(i), later)
	}
	all := texts(r.Rejected())
	if !slices.Contains(all, "100 malformed of others by in: line of once much") || !slices.Contains(all, "1 malformed of 0 by in: line of 0") {
		t.Errorf("the groups are\n%s", strings.Join(all, "\n"))
	}
}

// The example is one of the newest lines, and is not made for each line.
func TestExamplesAreRenewed(t *testing.T) {
	var r Relay
	in, start := r.rejected.of("in"), time.Unix(1e9, 0)
	for _, tt := range []struct {
		after time.Duration
		want  string
	}{{0, "0s"}, {exampleTime - 1, "0s"}, {exampleTime, "1s"}, {time.Hour, "1h0m0s"}} {
		in.add(rejection{reason: ledger.Malformed, lines: 1, at: start.Add(tt.after), text: tt.after.String(), err: "wrong"})
		if got := r.Rejected()[0].Example; got.Text != tt.want || got.Err != "wrong" || got.Lines != 1 {
			t.Errorf("after %v the example is %+v", tt.after, got)
		}
	}
}

func TestExamplesAreBoundedAndShowNoCredentials(t *testing.T) {
	var r Relay
	in := r.rejected.of("in")
	in.addListen(listen.Rejected{Reason: "http_on_line_port", From: "h", Text: []byte("GET /?p=secret HTTP/1.1" + strings.Repeat("x", 1000)), Lines: 3})
	in.addBatch(&reporters.Batch{
		At: time.Now(), Rejected: ledger.Counts{ledger.Malformed: 1},
		RejectedLines: []reporters.RejectedLine{
			{Reason: ledger.Malformed, Text: "Authorization: Token secret", Err: errText("not Token secret")},
			{Reason: ledger.BadReading, Text: "a:1|c|#password:secret:x|c", Err: errText("reading x")},
		},
	}, 2, listen.Sender{})
	groups := r.Rejected()
	if len(groups) != 3 {
		t.Errorf("there are %d groups, want 3", len(groups))
	}
	for _, g := range groups {
		if e := g.Example; len(e.Text) > maxExample || len(e.Err) > maxExample || e.Err == "" || strings.Contains(e.Text+e.Err, "secret") {
			t.Errorf("the group is %+v", g)
		}
	}
}

// The password of an address is known by the @ behind it, and may look like a port. So
// more is kept of a line than is shown of it.
func TestCredentialIsMaskedWhereAnExampleIsCut(t *testing.T) {
	for before := 150; before < maxExample; before++ {
		line := []byte(strings.Repeat("x", before) + " postgres://u:123456789@h/")
		var r Relay
		in := r.rejected.of("in")
		in.addListen(listen.Rejected{Reason: ledger.TooLong, Text: line, Lines: 1})
		b := reporters.Batch{At: time.Now()}
		b.Reject(ledger.Malformed, line, errText("wrong"))
		in.addBatch(&b, 0, listen.Sender{})
		for _, g := range r.Rejected() {
			if e := g.Example; strings.Contains(e.Text, "12") || len(e.Text) > maxExample || !strings.HasPrefix(e.Text, string(line[:before])) {
				t.Fatalf("after %d bytes %s shows %q", before, g.Reason, e.Text)
			}
		}
	}
}

// strict is a reporter whose server rejected lines. It has no ledger.
type strict struct {
	fake
	lines []ledger.RejectedLine
}

func (s *strict) RejectedLines() []ledger.RejectedLine { return s.lines }

// accountant is strict with a ledger.
type accountant struct {
	strict
	counts ledger.Counts
}

func (a *accountant) Ledger() ledger.Ledger { return ledger.Ledger{Dropped: a.counts} }

// What a destination does not get is counted by its ledger in this run, and its
// quarantine has an example. Lines that are late or in the way are no such lines.
func TestRejectedLinesOfDestinations(t *testing.T) {
	start := time.Now()
	line := func(after time.Duration, lines int, text string) ledger.RejectedLine {
		return ledger.RejectedLine{At: start.Add(after), Destination: "its own name", Reason: ledger.Rejected, Lines: lines, Text: text, Err: "conflict"}
	}
	few := &strict{lines: []ledger.RejectedLine{line(-time.Hour, 1, "first"), line(-time.Minute, 2, "p=secret")}}
	many := &accountant{counts: ledger.Counts{ledger.Rejected: 5, ledger.Expired: 7}}
	var r Relay
	r.addDestination(Destination{"few", few}, "")
	r.addDestination(Destination{"many", many}, "")
	many.counts = ledger.Counts{ledger.Rejected: 1005, ledger.Expired: 9, ledger.Unsupported: 3}
	many.lines = []ledger.RejectedLine{line(-time.Second, 7, "")}
	for range 2 {
		groups := r.Rejected()
		want := []string{"1000 rejected of  by many: ", "3 rejected of  by few: p=xxxxx", "3 unsupported of  by many: "}
		if got := texts(groups); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		for _, g := range groups {
			if g.First.IsZero() || g.Last.IsZero() || g.Example.Err == "" || g.Destination == "few" && (g.First != start.Add(-time.Hour) || g.Last != start.Add(-time.Minute)) {
				t.Errorf("the group is %+v", g)
			}
		}
	}
	if few.lines[0].Destination != "its own name" {
		t.Error("the reporter's lines were changed")
	}
}

func TestRejectedGroupInJSON(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tt := range []struct {
		group RejectedGroup
		want  string
	}{
		{RejectedGroup{Listener: "in", Sender: "::1", Reason: ledger.Malformed, Lines: 3, First: at, Last: at.Add(time.Minute), Example: RejectedExample{at, 1, "x", "wrong"}},
			`[{"at":"2026-01-02T03:04:05Z","listener":"in","sender":"::1","reason":"malformed","count":3,"first":"2026-01-02T03:04:05Z","last":"2026-01-02T03:05:05Z","lines":1,"text":"x","error":"wrong"}]`},
		{RejectedGroup{Destination: "out", Reason: ledger.Rejected, Lines: 9, First: at, Last: at, Example: RejectedExample{at, 7, "", "conflict"}},
			`[{"at":"2026-01-02T03:04:05Z","destination":"out","reason":"rejected","count":9,"first":"2026-01-02T03:04:05Z","last":"2026-01-02T03:04:05Z","lines":7,"text":"","error":"conflict"}]`},
	} {
		got, err := json.Marshal(rejectedToJSON([]RejectedGroup{tt.group}))
		if err != nil || string(got) != tt.want {
			t.Errorf("%v, %s\nwant %s", err, got, tt.want)
		}
	}
}

// What never reaches a decoder is shown too.
func TestLinesThatAreNotDecodedAreShown(t *testing.T) {
	r := start(t, Config{
		Listen:  []string{"graphite+unixgram://" + filepath.Join(t.TempDir(), "s"), "graphite+tcp://127.0.0.1:0"},
		Forward: []string{"graphite+tcp://" + faultsink.NewTCP(t).Addr()},
	})
	conn := dial(t, r.Addrs()[0])
	if _, err := conn.Write([]byte(strings.Repeat("a.b 1 1700000000\n", 4500))); err != nil {
		t.Skipf("this system sends no datagrams of 76 kB: %v", err)
	}
	waitFor(t, "the rejection", func() bool { return len(r.Rejected()) > 0 }) // which follows its count
	groups := r.Rejected()
	if len(groups) != 1 || groups[0].Sender != "unix" || groups[0].Reason != ledger.Truncated || groups[0].Lines != 1 ||
		!strings.HasPrefix("a.b 1 1700000000", groups[0].Example.Text) || groups[0].Example.Text == "" || groups[0].Example.Err == "" {
		t.Errorf("the groups are %+v", groups)
	}
	if err := r.stop(t).Check(); err != nil {
		t.Error(err)
	}
}
