package send

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"monkit.example/reporters/ledger"
)

// A searchPeer stores nothing of a body that has a line with "bad", and answers as
// refusal says.
type searchPeer struct {
	refusal func(body string) error
	stored  map[string]int // how often, by line
	bytes   int            // of all requests
}

func (p *searchPeer) deliver(body []byte) error {
	p.bytes += len(body)
	if strings.Contains(string(body), "bad") {
		return p.refusal(string(body))
	}
	p.store(string(body))
	return nil
}

func (p *searchPeer) store(body string) {
	if p.stored == nil {
		p.stored = make(map[string]int)
	}
	for line := range strings.Lines(body) {
		p.stored[strings.TrimSuffix(line, "\n")]++
	}
}

// silent says nothing about lines.
func silent(string) error { return Split(errDown) }

// answering returns a refusal with the status 400 and that text.
func answering(text func(body string) string) func(string) error {
	return func(body string) error { return respondWith(400, http.Header{}, text(body), body) }
}

// quoting quotes up to n lines.
func quoting(n int) func(string) error {
	return answering(func(body string) string {
		var text strings.Builder
		for _, line := range badLines(body)[:min(n, len(badLines(body)))] {
			fmt.Fprintf(&text, "unable to parse '%s': no\n", line)
		}
		return text.String()
	})
}

// numbering returns the number of the first line, plus off.
func numbering(off int) func(string) error {
	return answering(func(body string) string {
		before, _, _ := strings.Cut(body, "bad")
		return fmt.Sprintf(`{"line":%d}`, strings.Count(before, "\n")+1+off)
	})
}

func badLines(body string) (all []string) {
	for line := range strings.Lines(body) {
		if strings.Contains(line, "bad") {
			all = append(all, strings.TrimSuffix(line, "\n"))
		}
	}
	return all
}

// driveSearch makes the requests of a search as a Sender does, each of which takes
// that time, and returns the sum of the results.
func driveSearch(t *testing.T, deliver func([]byte) error, payload []byte, lines int, took time.Duration) (sum searchResult, requests int) {
	t.Helper()
	now := time.Unix(0, 0)
	s := newSearch(payload, lines, now)
	piece, n := payload, lines
	for piece != nil {
		now = now.Add(took)
		pending := s.pending()
		if err := deliver(piece); err != nil {
			s.refused(classify(err), now)
		} else {
			s.accepted(now)
		}
		r := s.take()
		sum.delivered += r.delivered
		sum.rejected += r.rejected
		sum.oversize += r.oversize
		sum.refused = append(sum.refused, r.refused...)
		if settled := r.delivered + r.rejected + r.oversize; pending-s.pending() != settled || sum.delivered+sum.rejected+sum.oversize+s.pending() != lines {
			t.Fatalf("%d lines were pending and %d are, but %d are settled, after a request with %d", pending, s.pending(), settled, n)
		}
		noted := 0
		for _, l := range r.refused {
			noted += l.Lines
		}
		if noted != r.rejected+r.oversize || len(r.refused) > maxQuarantine {
			t.Fatalf("%d entries are of %d lines, but %d are dropped", len(r.refused), noted, r.rejected+r.oversize)
		}
		piece, n = s.next(now)
		requests++
	}
	return sum, requests
}

// withBad returns n numbered lines of which those with the given indexes are bad.
func withBad(n int, bad []int) []byte {
	lines := strings.SplitAfter(string(numbered(0, n)), "\n")
	for _, i := range bad {
		lines[i] = fmt.Sprintf("bad.%d 1 1700000000\n", i)
	}
	return []byte(strings.Join(lines, ""))
}

// Without a word of the peer about lines, 200 of 5000 cannot be found by 500 requests:
// there are 2 to the power of 1211 ways to choose them.
func TestSearchFindsExactlyTheRejectedLines(t *testing.T) {
	const n = 5000
	for _, tt := range []struct {
		name     string
		bad      int
		refusal  func(string) error
		requests int // at most, with the first
	}{
		{"no word", 1, silent, 20}, {"no word", 2, silent, 35}, {"no word", 20, silent, 230}, {"no word", 50, silent, 470},
		{"all quoted", 1, quoting(n), 2}, {"all quoted", 2, quoting(n), 2}, {"all quoted", 20, quoting(n), 2}, {"all quoted", 200, quoting(n), 2},
		{"first quoted", 1, quoting(1), 2}, {"first quoted", 2, quoting(1), 3}, {"first quoted", 20, quoting(1), 30}, {"first quoted", 200, quoting(1), 250},
		{"first numbered", 1, numbering(0), 3}, {"first numbered", 2, numbering(0), 5}, {"first numbered", 20, numbering(0), 50}, {"first numbered", 200, numbering(0), 450},
		{"numbered from zero", 1, numbering(-1), 34}, {"numbered from zero", 20, numbering(-1), 280},
		{"another one numbered", 2, numbering(1), 50}, {"another one numbered", 20, numbering(1), 280},
	} {
		most := 0
		for seed := range uint64(3) {
			places := rand.New(rand.NewPCG(seed, uint64(tt.bad))).Perm(n)[:tt.bad]
			p := &searchPeer{refusal: tt.refusal}
			sum, requests := driveSearch(t, p.deliver, withBad(n, places), n, time.Millisecond)
			if sum.delivered != n-tt.bad || sum.rejected != tt.bad || len(p.stored) != n-tt.bad {
				t.Errorf("%s, %d bad, seed %d: %d delivered, %d rejected, %d stored", tt.name, tt.bad, seed, sum.delivered, sum.rejected, len(p.stored))
			}
			for line, times := range p.stored {
				if times != 1 {
					t.Fatalf("%s, %d bad, seed %d: %q is stored %d times", tt.name, tt.bad, seed, line, times)
				}
			}
			most = max(most, requests)
		}
		if most > tt.requests {
			t.Errorf("%s, %d bad: %d requests, want at most %d", tt.name, tt.bad, most, tt.requests)
		}
		t.Logf("%s, %d bad: %d requests", tt.name, tt.bad, most)
	}
}

func TestSearchFindsNeighborsAndEnds(t *testing.T) {
	const n = 5000
	run := func(from, n int) (all []int) {
		for i := range n {
			all = append(all, from+i)
		}
		return all
	}
	for _, tt := range []struct {
		name string
		bad  []int
	}{
		{"the first", run(0, 1)}, {"the last", run(n-1, 1)},
		{"the first 100", run(0, 100)}, {"the last 100", run(n-100, 100)}, {"100 in the middle", run(2450, 100)}, {"100 behind them", run(3125, 100)},
		{"both ends", slices.Concat(run(0, 50), run(n-50, 50))}, {"three runs", slices.Concat(run(700, 40), run(2500, 1), run(4000, 40))},
		{"none", nil},
	} {
		for name, refusal := range map[string]func(string) error{"no word": silent, "quoted": quoting(1), "numbered": numbering(0)} {
			p := &searchPeer{refusal: refusal}
			first := true
			deliver := func(body []byte) error { // the whole is refused even if no line is bad
				if first {
					first = false
					return refusal(string(body))
				}
				return p.deliver(body)
			}
			sum, requests := driveSearch(t, deliver, withBad(n, tt.bad), n, 0)
			t.Logf("%s, %s: %d requests", tt.name, name, requests)
			if sum.rejected != len(tt.bad) || len(p.stored) != n-len(tt.bad) {
				t.Errorf("%s, %s: %d rejected, %d stored after %d requests", tt.name, name, sum.rejected, len(p.stored), requests)
			}
		}
	}
}

// Rejected lines that come in runs need not cost those between them.
func TestSearchFindsManyRuns(t *testing.T) {
	const n = 5000
	for _, tt := range []struct {
		runs, length int
		missing      int // lines that are not stored and could be, at most
		requests     int // at most
	}{
		{5, 2, 0, 150}, {20, 2, 0, 420}, {5, 10, 0, 190}, {20, 5, 0, 480},
		{5, 40, 0, 420}, {20, 40, 500, maxSearchRequests}, {50, 40, 1100, maxSearchRequests},
	} {
		for seed := range uint64(5) {
			random := rand.New(rand.NewPCG(seed, uint64(tt.runs)))
			rejected := make(map[int]bool)
			for range tt.runs {
				from := random.IntN(n - tt.length)
				for i := range tt.length {
					rejected[from+i] = true
				}
			}
			p := &searchPeer{refusal: silent}
			sum, requests := driveSearch(t, p.deliver, withBad(n, slices.Collect(maps.Keys(rejected))), n, time.Millisecond)
			if missing := n - len(rejected) - len(p.stored); missing > tt.missing || requests > tt.requests || sum.delivered != len(p.stored) {
				t.Errorf("%d runs of %d: %d lines are missing after %d requests, %d delivered", tt.runs, tt.length, missing, requests, sum.delivered)
			}
		}
	}
}

func TestSearchInSmallPayloads(t *testing.T) {
	for n := range 7 {
		for set := range 1 << n {
			for name, refusal := range map[string]func(string) error{"no word": silent, "all quoted": quoting(n), "first quoted": quoting(1), "first numbered": numbering(0), "another one numbered": numbering(1)} {
				var bad []int
				for i := range n {
					if set>>i&1 == 1 {
						bad = append(bad, i)
					}
				}
				payload := withBad(n, bad)
				if len(bad) == 0 {
					continue
				}
				p := &searchPeer{refusal: refusal}
				sum, _ := driveSearch(t, p.deliver, payload, n, 0)
				if sum.rejected != len(bad) || len(p.stored) != n-len(bad) {
					t.Errorf("%s, bad lines %v of %d: %d rejected, stored %v", name, bad, n, sum.rejected, p.stored)
				}
			}
		}
	}
}

func TestSearchOfAPeerThatRejectsAllIsShort(t *testing.T) {
	payload := []byte(strings.ReplaceAll(string(numbered(0, 5000)), "line", "bad"))
	for name, refusal := range map[string]func(string) error{"no word": silent, "all quoted": quoting(5000), "first quoted": quoting(1), "first numbered": numbering(0)} {
		p := &searchPeer{refusal: refusal}
		sum, requests := driveSearch(t, p.deliver, payload, 5000, 0)
		if sum.rejected != 5000 || requests > 60 {
			t.Errorf("%s: %d rejected after %d requests", name, sum.rejected, requests)
		}
	}
}

func TestSearchIsBounded(t *testing.T) {
	for _, tt := range []struct {
		name     string
		took     time.Duration // by each request
		bad      int
		requests int // at most
		stored   int // at least
		err      string
	}{
		{"by requests, a few too many", time.Millisecond, 60, maxSearchRequests, 4800, "refused with"},
		{"by requests", time.Millisecond, 200, maxSearchRequests, 2950, "refused with"},
		{"by requests, each fifth line", time.Millisecond, 1000, maxSearchRequests, 600, "refused with"},
		{"by time", 300 * time.Millisecond, 20, 101, 3500, "refused with"},
		{"by a slow peer", 31 * time.Second, 1, 1, 0, "ended after 1 requests"},
	} {
		places := rand.New(rand.NewPCG(1, 2)).Perm(5000)[:tt.bad]
		p := &searchPeer{refusal: silent}
		sum, requests := driveSearch(t, p.deliver, withBad(5000, places), 5000, tt.took)
		if requests > tt.requests || len(p.stored) < tt.stored || sum.delivered != len(p.stored) {
			t.Errorf("%s: %d requests, %d stored, %d delivered", tt.name, requests, len(p.stored), sum.delivered)
		}
		if i := slices.IndexFunc(sum.refused, func(l ledger.RejectedLine) bool { return strings.Contains(l.Err, tt.err) }); i < 0 {
			t.Errorf("%s: no entry says %q", tt.name, tt.err)
		}
		t.Logf("%s: %d requests, %d stored", tt.name, requests, len(p.stored))
	}
}

// An outage in the middle of a search costs neither time nor requests of it.
func TestFailedRequestsOfASearchAreRepeated(t *testing.T) {
	now := time.Unix(0, 0)
	payload := withBad(8, []int{5})
	s := newSearch(payload, 8, now)
	s.refused(classify(Split(errDown)), now)
	want, _ := s.next(now)
	for _, err := range []error{errDown, Ambiguous(errDown), RetryAfter(time.Hour, errDown)} {
		now = now.Add(time.Hour)
		s.refused(classify(err), now)
		if got, lines := s.next(now); string(got) != string(want) || lines != 4 {
			t.Errorf("after %v: %d lines, %q", err, lines, got)
		}
	}
	now = now.Add(time.Second)
	s.accepted(now)
	if got := s.take(); got.delivered != 4 || s.pending() != 4 || s.requests != 2 || s.spent != time.Second {
		t.Errorf("%+v, %d pending, %d requests in %v", got, s.pending(), s.requests, s.spent)
	}
	if got := string(s.rest()); got != string(payload[len(want):]) {
		t.Errorf("the rest is %q", got)
	}
	piece, _ := s.next(now)
	if n := s.skip(); n != 2 || s.pending() != 2 || string(s.rest()) != string(payload[len(want)+len(piece):]) || s.take().delivered != 0 {
		t.Errorf("%d lines are skipped, %d are pending: %q", n, s.pending(), s.rest())
	}
}

func TestSearchWithOtherAnswers(t *testing.T) {
	small := func(body []byte) error {
		if len(body) > 100 {
			return TooLarge(errDown)
		}
		if strings.Contains(string(body), "bad") {
			return Split(errDown)
		}
		return nil
	}
	for _, tt := range []struct {
		name    string
		deliver func([]byte) error // after the first refusal
		want    searchResult
	}{
		{"too large", small, searchResult{delivered: 19, rejected: 1}},
		{"every line is too large", func([]byte) error { return TooLarge(errDown) }, searchResult{oversize: 20}},
		{"too large for the transport", func([]byte) error { return Oversize(errDown) }, searchResult{oversize: 20}},
		{"rejected for good", func([]byte) error { return Permanent(errDown) }, searchResult{rejected: 20}},
		{"a few rejected", func([]byte) error { return Partial(2, errDown) }, searchResult{delivered: 16, rejected: 4}},
		{"more rejected than sent", func([]byte) error { return Partial(99, errDown) }, searchResult{rejected: 20}},
	} {
		first := true
		sum, _ := driveSearch(t, func(body []byte) error {
			if first {
				first = false
				return Split(errDown)
			}
			return tt.deliver(body)
		}, withBad(20, []int{13}), 20, 0)
		if sum.delivered != tt.want.delivered || sum.rejected != tt.want.rejected || sum.oversize != tt.want.oversize {
			t.Errorf("%s: %d delivered, %d rejected, %d oversize", tt.name, sum.delivered, sum.rejected, sum.oversize)
		}
	}
}

// InfluxDB 3 lists 100 lines at most, so that the others have to be sent again to
// know how many it rejected.
func TestSearchAfterAListThatIsFull(t *testing.T) {
	p := &searchPeer{}
	deliver := func(body []byte) error {
		var list []string
		good, number := "", 0
		for line := range strings.Lines(string(body)) {
			number++
			if !strings.Contains(line, "bad") {
				good += line
			} else if len(list) < maxListed {
				list = append(list, fmt.Sprintf(`{"original_line":%q,"line_number":%d}`, strings.TrimSpace(line), number))
			}
		}
		p.store(good)
		if list == nil {
			return nil
		}
		return respondWith(400, http.Header{}, `{"error":"partial write of line protocol occurred","data":[`+strings.Join(list, ",")+`]}`, string(body))
	}
	places := rand.New(rand.NewPCG(1, 2)).Perm(5000)[:250]
	sum, requests := driveSearch(t, deliver, withBad(5000, places), 5000, 0)
	if sum.delivered != 4750 || sum.rejected != 250 || len(p.stored) != 4750 || requests != 3 {
		t.Errorf("%d delivered, %d rejected, %d stored after %d requests", sum.delivered, sum.rejected, len(p.stored), requests)
	}
}

func TestSharesOfASearchAddUp(t *testing.T) {
	for _, lines := range []int{0, 1, 3, 7, 10, 1000} {
		for _, payload := range []string{"good\nbad", "bad\ngood", "bad", "a\nb\nbad\nc\nd\n", "\n\nbad\n\n", "bad\nbad\na\nbad"} {
			p := &searchPeer{refusal: quoting(1)}
			sum, _ := driveSearch(t, p.deliver, []byte(payload), lines, 0)
			stored := 0
			for _, times := range p.stored {
				stored += times
			}
			if want := countLines([]byte(payload)) - len(badLines(payload)); stored != want || sum.delivered+sum.rejected != lines {
				t.Errorf("%q as %d lines: %d of %d stored, %d delivered, %d rejected", payload, lines, stored, want, sum.delivered, sum.rejected)
			}
		}
	}
}

func TestSearchNotesWhatWasRejected(t *testing.T) {
	at := time.Unix(0, 0)
	for _, tt := range []struct {
		name    string
		refusal func(string) error
		want    string
	}{
		{"quoted", quoting(1), "no"},
		{"refused alone", silent, "down"},
	} {
		p := &searchPeer{refusal: tt.refusal}
		sum, _ := driveSearch(t, p.deliver, withBad(10, []int{4}), 10, 0)
		want := []ledger.RejectedLine{{At: at, Reason: ledger.Rejected, Lines: 1, Text: "bad.4 1 1700000000", Err: tt.want}}
		if !slices.Equal(sum.refused, want) {
			t.Errorf("%s: %+v", tt.name, sum.refused)
		}
	}
}

func FuzzSearch(f *testing.F) {
	f.Add("a\nbad\nb\nbad", 4, uint8(0))
	f.Add("bad\n\n\nbad 1\nx", 9, uint8(1))
	f.Add("a'\nbad': 1\nb\n", 3, uint8(2))
	f.Fuzz(func(t *testing.T, payload string, lines int, mode uint8) {
		if payload == "" || lines < 0 || lines > 1e6 || len(payload) > 1e4 {
			return
		}
		modes := []func(string) error{silent, quoting(1), quoting(100), numbering(0), numbering(1)}
		p := &searchPeer{refusal: modes[int(mode)%len(modes)]}
		first := true
		sum, requests := driveSearch(t, func(body []byte) error {
			if first {
				first = false
				return p.refusal(string(body))
			}
			return p.deliver(body)
		}, []byte(payload), lines, time.Millisecond)
		if requests > maxSearchRequests || sum.delivered+sum.rejected != lines {
			t.Errorf("%d requests, %d delivered and %d rejected of %d", requests, sum.delivered, sum.rejected, lines)
		}
	})
}

// A search that is ended early keeps the groups that it has put off.
func TestRestOfASearchHasTheGroupsThatWerePutOff(t *testing.T) {
	const n = 2000
	places := rand.New(rand.NewPCG(1, 3)).Perm(n)[:500]
	payload, now := withBad(n, places), time.Unix(0, 0)
	p := &searchPeer{refusal: silent}
	s := newSearch(payload, n, now)
	s.refused(classify(p.deliver(payload)), now)
	for len(s.later) < 5 {
		piece, _ := s.next(now)
		if piece == nil {
			t.Fatal("no group is put off")
		}
		if err := p.deliver(piece); err != nil {
			s.refused(classify(err), now)
		} else {
			s.accepted(now)
		}
	}
	rest := map[string]int{}
	for line := range strings.Lines(string(s.rest())) {
		rest[line]++
	}
	r := s.take()
	if len(rest) != s.pending() || r.delivered+r.rejected+s.pending() != n || len(p.stored) != r.delivered {
		t.Errorf("the rest has %d lines, %d are pending, %d delivered, %d rejected", len(rest), s.pending(), r.delivered, r.rejected)
	}
	for line, times := range rest {
		if p.stored[strings.TrimSuffix(line, "\n")] > 0 || times != 1 {
			t.Errorf("%q is in the rest %d times, and stored", line, times)
		}
	}
}
