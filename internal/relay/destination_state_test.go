package relay

import (
	"bytes"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/reporters/ledger"
)

func TestWaitingTextNamesMemoryAndDisk(t *testing.T) {
	st := ledger.SenderStats{QueueBytes: 512, QueueMaxBytes: 32 << 20, OldestAge: 2900 * time.Millisecond}
	if got, want := waitingText(st), "512 bytes of 32 MiB wait in memory, the oldest for 3s"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	st.Spool = ledger.SpoolStats{Lines: 1200, Bytes: 8 << 20, MaxBytes: 1 << 30, OldestAge: 62 * time.Minute}
	if got, want := waitingText(st), "512 bytes of 32 MiB wait in memory, the oldest for 3s; 1200 lines wait on disk, in 8 MiB of 1 GiB, the oldest for 1h2m"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTimesArePrintedForAPerson(t *testing.T) {
	for _, tt := range []struct {
		d    time.Duration
		want string
	}{
		{0, "0s"}, {1499 * time.Millisecond, "1s"}, {125 * time.Second, "2m5s"}, {time.Hour, "1h0m"}, {90*time.Minute + 40*time.Second, "1h31m"}, {48 * time.Hour, "2 days"}, {61 * time.Hour, "3 days"},
	} {
		if got := rough(tt.d); got != tt.want {
			t.Errorf("rough(%v) = %s, want %s", tt.d, got, tt.want)
		}
	}
}

// While a destination fails, the page shows since when, how often it was tried, and
// when lines will be dropped: for the queue, for the age and for the spool.
func TestStateOfAFailingDestination(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	const mib = 1 << 20
	failing := ledger.SenderStats{
		FailingSince: now.Add(-2 * time.Minute), Failures: 17, Retries: 99, LastSuccess: now.Add(-3 * time.Minute), LastError: errors.New("down"),
		QueueBytes: 3 * mib, QueueMaxBytes: 32 * mib, OldestAge: 2 * time.Minute, MaxAge: time.Hour, Ledger: ledger.Ledger{Pending: 9},
	}
	grows := changes{over: time.Minute, queue: mib}
	with := func(change func(st *ledger.SenderStats)) ledger.SenderStats {
		st := failing
		change(&st)
		return st
	}
	spooled := with(func(st *ledger.SenderStats) {
		st.MaxAge = 365 * 24 * time.Hour
		st.Spool = ledger.SpoolStats{Up: true, Bytes: 100 * mib, MaxBytes: 1100 * mib, Lines: 5, OldestAge: time.Hour}
	})
	for _, tt := range []struct {
		name                  string
		st                    ledger.SenderStats
		c                     changes
		tried, drops, refused string
	}{
		{"the queue fills", failing, grows, "since 03:02:05, for 2m0s: 17 tries failed; the last success was at 03:01:05", "lines are dropped in about 29m0s, when the queue is full", ""},
		{"the oldest line is too old first", with(func(st *ledger.SenderStats) { st.MaxAge = 10 * time.Minute }), grows, "17 tries", "lines are dropped in about 8m0s, when the oldest has waited for 10m0s", ""},
		{"nothing grows", failing, changes{over: time.Minute}, "17 tries", "in about 58m0s, when the oldest has waited for 1h0m", ""},
		{"nothing is known yet", failing, changes{}, "17 tries", "in about 58m0s, when the oldest", ""},
		{"the queue is full", failing, changes{over: 50 * time.Second, dropped: 30}, "17 tries", "lines are dropped: 30 in the last 50s", ""},
		{"the spool fills", spooled, changes{over: time.Minute, queue: mib, spool: 10 * mib}, "17 tries", "lines are dropped in about 1h40m, when the spool is full", ""},
		{"the spool does not work", with(func(st *ledger.SenderStats) { st.Spool = ledger.SpoolStats{MaxBytes: 1 << 40} }), grows, "17 tries", "in about 29m0s, when the queue is full", ""},
		{"that is too far ahead", spooled, changes{over: time.Minute, spool: 1}, "17 tries", "", ""},
		{"one try, no success", with(func(st *ledger.SenderStats) { st.Failures, st.LastSuccess = 1, time.Time{} }), grows, "1 try failed; none has succeeded so far", "29m0s", ""},
		{"it works and is slow", with(func(st *ledger.SenderStats) { st.FailingSince = time.Time{} }), grows, "", "lines are dropped in about 29m0s, when the queue is full", ""},
		{"it works and waits", with(func(st *ledger.SenderStats) { st.FailingSince = time.Time{} }), changes{over: time.Minute}, "", "", ""},
		{"nothing waits", with(func(st *ledger.SenderStats) { st.Ledger.Pending = 0 }), grows, "17 tries", "", ""},
		{"refused datagrams", ledger.SenderStats{Unconfirmed: true, Transport: ledger.TransportStats{Refused: 591204}}, changes{refused: 1}, "", "", "nothing listens (591204 refused)"},
		{"datagrams that were refused", ledger.SenderStats{Unconfirmed: true, Transport: ledger.TransportStats{Refused: 591204}}, changes{}, "", "", "nothing listened for a while (591204 refused)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newDestinationState(tt.st, tt.c, now)
			if (tt.tried == "") != (s.Tried == "") || !strings.Contains(s.Tried, tt.tried) {
				t.Errorf("tried: %q, want %q", s.Tried, tt.tried)
			}
			if (tt.drops == "") != (s.Drops == "") || !strings.Contains(s.Drops, tt.drops) {
				t.Errorf("drops: %q, want %q", s.Drops, tt.drops)
			}
			if s.Refused != tt.refused {
				t.Errorf("refused: %q, want %q", s.Refused, tt.refused)
			}
		})
	}
}

// What was before a failure does not make the growth since then look slow.
func TestGrowthCountsFromTheFailure(t *testing.T) {
	start := time.Unix(1e9, 0)
	st := func(queue, refused, dropped int64, failing time.Time) ledger.SenderStats {
		st := ledger.SenderStats{QueueBytes: queue, FailingSince: failing, Transport: ledger.TransportStats{Refused: refused}}
		st.Ledger.Dropped = ledger.Counts{ledger.QueueFull: dropped, ledger.Rejected: 1000}
		return st
	}
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	var w watch
	if got := w.since(st(5, 5, 5, time.Time{}), start); got != (changes{}) {
		t.Errorf("without a sample the changes are %+v", got)
	}
	for i := range 3 * maxSamples { // the last is of the second 200
		w.add(newSample(st(int64(i), int64(i), 0, time.Time{}), at(10*i)))
	}
	if n := len(w.samples); n != maxSamples {
		t.Errorf("%d samples are kept", n)
	}
	for _, tt := range []struct {
		name string
		st   ledger.SenderStats
		now  time.Time
		want changes
	}{
		{"all samples", st(100, 30, 2, time.Time{}), at(205), changes{over: 65 * time.Second, queue: 86, refused: 16, dropped: 2}},
		{"since the failure", st(100, 30, 2, at(201)), at(205), changes{over: 4 * time.Second, queue: 80, refused: 16, dropped: 2}},
		{"since the sample after a long failure", st(100, 20, 0, at(20)), at(205), changes{over: 65 * time.Second, queue: 86, refused: 6}},
		{"too soon", st(100, 30, 2, at(205)), at(205), changes{refused: 16}},
	} {
		if got := w.since(tt.st, tt.now); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// monitored is a destination with a sender.
type monitored struct {
	fake
	st ledger.SenderStats
}

func (m *monitored) SenderStats() (ledger.SenderStats, bool) { return m.st, true }

func TestDestinationsAreWatchedUntilStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &monitored{}
		var r Relay
		r.addDestination(Destination{"d", m}, "")
		stop := r.watchDestinations()
		time.Sleep(3*watchInterval + time.Second)
		stop()
		time.Sleep(time.Hour)
		if n := len(r.destinations[0].watch.samples); n != 4 {
			t.Errorf("%d samples were taken", n)
		}
	})
}

func TestIndexShowsStates(t *testing.T) {
	l := Ledger{Destinations: []DestinationLedger{
		{Name: "a", Ledger: ledger.Ledger{Accepted: 5, Delivered: 5}}, {Name: "b", Ledger: ledger.Ledger{Accepted: 7, Delivered: 7}},
	}}
	full := destinationState{Failing: "<down>", Tried: "since then", Waiting: "some wait", Drops: "soon", Refused: "nothing listens (3 refused)", Now: true, Unconfirmed: true}
	for _, tt := range []struct {
		name   string
		states map[string]destinationState
		want   []string
	}{
		{"confirmed", nil, []string{`<th scope="col">delivered</th>`, "<dt>delivered</dt><dd>12</dd>", "<td>5</td><td>5</td>"}},
		{"mixed", map[string]destinationState{"b": full}, []string{
			`<th scope="col">delivered or sent</th>`, "<dt>delivered or sent</dt>", "<td>5</td><td>5</td>", "<td>7</td><td>7 sent</td>", "Sent is what this system took",
			`<th scope="row">b<p class="down">failing: &lt;down&gt;</p><p class="note">since then</p><p class="note">some wait</p><p class="down">soon</p><p class="down">nothing listens (3 refused)</p></th>`,
		}},
		{"unconfirmed", map[string]destinationState{"a": {Unconfirmed: true, Refused: "once"}, "b": full}, []string{`<th scope="col">sent</th>`, "<dt>sent</dt><dd>12</dd>", "<td>7</td><td>7</td>", `a<p class="note">once</p></th>`}},
	} {
		var page strings.Builder
		if err := indexPage.Execute(&page, adminView{Page: "/", Body: newIndexView(l, tt.states)}); err != nil {
			t.Fatal(err)
		}
		for _, want := range tt.want {
			if !strings.Contains(page.String(), want) {
				t.Errorf("%s: the page lacks %s:\n%s", tt.name, want, page.String())
			}
		}
	}
}

// A destination that returns an error for each batch must not fill the log.
func TestFailedReportsAreLoggedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		r := &Relay{cfg: Config{Logger: logTo(&log)}}
		d, other := &destination{Destination: Destination{Name: "d"}}, &destination{Destination: Destination{Name: "other"}}
		for range 1576 {
			r.logFailure(d, errors.New("down"))
			time.Sleep(257 * time.Millisecond)
		}
		r.logFailure(other, errors.New("down"))
		if n := strings.Count(log.String(), "destination=d "); n != 7 || !strings.Contains(log.String(), "left_out=233") || !strings.Contains(log.String(), "destination=other") {
			t.Errorf("%d records:\n%s", n, &log)
		}
	})
}

// Nothing confirms a datagram, and the one sign that nothing listens is what the
// system of the peer answers, where it does.
func TestRefusedDatagramsAreOnThePageAndInTheLedger(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("this system does not report refusals to a socket that writes")
	}
	for _, format := range []string{"statsd", "graphite"} {
		r := start(t, Config{
			Listen: []string{format + "+udp://127.0.0.1:0"}, Forward: []string{format + "+udp://" + refusingAddr(t)}, HTTP: anyPort,
		})
		conn := dial(t, r.Addrs()[0])
		waitFor(t, "a refusal", func() bool {
			write(t, conn, map[string]string{"statsd": "a:1|c\n", "graphite": "a.b 1 1700000000\n"}[format])
			return r.Ledger().Destinations[0].Refused > 1
		})
		page := r.get(t, "/").body
		for _, want := range []string{`<th scope="col">sent</th>`, `<p class="down">nothing listens (`, " refused)</p>"} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the page lacks %s:\n%s", format, want, page)
			}
		}
		if text := r.get(t, "/ledger").body; !strings.Contains(text, "unaccounted=0 refused_datagrams=") {
			t.Errorf("%s: the ledger is\n%s", format, text)
		}
		if text := r.get(t, "/ledger?format=json").body; !strings.Contains(text, `"refused_datagrams": `) {
			t.Errorf("%s: the ledger is\n%s", format, text)
		}
		if err := r.stop(t).Check(); err != nil {
			t.Error(err)
		}
	}
}
