package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/internal/webpage"
	"monkit.example/reporters"
	"monkit.example/reporters/recent"
)

// changes asks a page for what has changed.
func changes(t *testing.T, h http.Handler, query string) (u update) {
	t.Helper()
	w := request(h, "GET", "127.0.0.1", "/changes?"+query)
	if err := json.Unmarshal(w.Body.Bytes(), &u); err != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return u
}

func TestOnlyChangedTextsTravel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := recent.New()
		p := &demoPage{store: store, first: "s", started: time.Now(), tally: func() tally { return tally{Received: 7} }}
		h := demoHandler(p, http.NotFoundHandler(), http.NotFoundHandler(), http.NotFoundHandler())
		report := func(total, steady float64, more ...reporters.Point) {
			point := func(measurement, field string, val float64) reporters.Point {
				pt := pointOf("s", measurement, field, val, 0)
				pt.Key, pt.Time = pt.Key.WithTag("func", "F"), time.Now().UnixNano()
				return pt
			}
			points := append(more, point("function", "total", total), point("level", "value", steady))
			if err := store.Report(t.Context(), &reporters.Batch{At: time.Now(), Points: points}); err != nil {
				t.Fatal(err)
			}
		}
		report(10, 5)
		time.Sleep(2 * time.Second)
		report(30, 5)
		page := request(h, "GET", "127.0.0.1", "/").Body.String()
		for _, want := range []string{`data-generation="1"`, `<dl class="way" data-ids="0">`, `<ul data-ids="1">`, `<tr data-ids="3"><th scope="row">F</th><td>10/s</td><td></td><td></td></tr>`} {
			if !strings.Contains(page, want) {
				t.Fatalf("the page lacks %s:\n%s", want, page)
			}
		}
		numbering := "numbering=" + p.feed.numbering
		all := changes(t, h, numbering+"&page=1&since=0&ids=0,1,2,3,99&sparklines=1")
		if got, want := fmt.Sprint(all.Lines), "map[0:[0 7 0 0 0 0] 1:[30 10/s] 2:[5 ] 3:[10/s  ]]"; got != want || all.Reload {
			t.Errorf("all lines are %s, want %s", got, want)
		}
		if !strings.HasPrefix(all.Sparklines[1], "<svg ") || len(all.Sparklines) != 1 {
			t.Errorf("the sparklines are %v", all.Sparklines)
		}
		time.Sleep(2 * time.Second)
		report(50, 5) // the same rate
		some := changes(t, h, numbering+"&page=1&since=1&ids=0,1,2,3")
		if got, want := fmt.Sprint(some.Lines), "map[1:[50 10/s]]"; got != want || some.Reload || some.Generation != 2 {
			t.Errorf("the changes are %s of generation %d, want %s", got, some.Generation, want)
		}
		if again := changes(t, h, numbering+"&page=1&since=2&ids=0,1,2,3"); len(again.Lines) != 0 {
			t.Errorf("without a change the lines %v travel", again.Lines)
		}
		time.Sleep(2 * time.Second)
		another := pointOf("s", "another", "value", 1, 0)
		another.Time = time.Now().UnixNano()
		report(50, 5, another)
		if u := changes(t, h, numbering+"&page=1&since=2&ids="); !u.Reload {
			t.Error("a new series does not make the page list again")
		}
		if u := changes(t, h, numbering+"&page=3&since=3&ids="); u.Reload {
			t.Error("a page that has all series lists again")
		}
	})
}

// Another process, and this one after it gave new numbers to all lines, would
// have a page write texts into the rows of other series.
func TestPageOfAnotherNumberingGetsNoLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := func() (*demoPage, http.Handler, string) {
			store := recent.New()
			points := []reporters.Point{pointOf("s", "level", "value", 1, 0)}
			points[0].Time = time.Now().UnixNano()
			if err := store.Report(t.Context(), &reporters.Batch{At: time.Now(), Points: points}); err != nil {
				t.Fatal(err)
			}
			p := &demoPage{store: store, started: time.Now(), tally: func() tally { return tally{} }}
			h := demoHandler(p, http.NotFoundHandler(), http.NotFoundHandler(), http.NotFoundHandler())
			m := regexp.MustCompile(`data-numbering="(\w{20,})"`).FindStringSubmatch(request(h, "GET", "127.0.0.1", "/").Body.String())
			if m == nil {
				t.Fatal("the page has no numbering")
			}
			return p, h, m[1]
		}
		ask := func(h http.Handler, numbering string) update {
			return changes(t, h, "numbering="+numbering+"&page=500&since=0&ids=0,1&sparklines=1")
		}
		want := func(name string, u update, numbering string) {
			t.Helper()
			if !u.Reload || len(u.Lines)+len(u.Sparklines) > 0 || u.Numbering == numbering {
				t.Errorf("%s: a page of the numbering %q gets %+v", name, numbering, u)
			}
		}
		_, _, old := start()
		p, h, numbering := start()
		if u := ask(h, numbering); u.Reload || len(u.Lines) != 2 || len(u.Sparklines) != 1 || u.Numbering != numbering {
			t.Errorf("the page of this numbering gets %+v", u)
		}
		want("another process", ask(h, old), old)
		want("no numbering", ask(h, ""), "")
		p.feed.lines = append(p.feed.lines, make([]feedLine, maxFeedLines)...)
		time.Sleep(feedInterval)
		want("new numbers", ask(h, numbering), numbering)
	})
}

// Without a number of its own, a row would get the texts of another line.
func TestPageListsNoSeriesBeforeItHasANumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &demoPage{store: recent.New(), started: time.Now(), tally: func() tally { return tally{} }}
		h := demoHandler(p, http.NotFoundHandler(), http.NotFoundHandler(), http.NotFoundHandler())
		show := func() string { return request(h, "GET", "127.0.0.1", "/").Body.String() }
		show()
		late := pointOf("s", "late", "value", 1, 0)
		late.Time = time.Now().UnixNano()
		if err := p.store.Report(t.Context(), &reporters.Batch{At: time.Now(), Points: []reporters.Point{late}}); err != nil {
			t.Fatal(err)
		}
		if page := show(); strings.Contains(page, `<ul data-ids="0">`) || strings.Contains(page, "late,scope=s value") {
			t.Errorf("a series is on the page before it has a number:\n%s", page)
		}
		time.Sleep(feedInterval)
		if u := changes(t, h, "page=1&numbering="+p.feed.numbering); !u.Reload {
			t.Error("a page without the series does not list again")
		}
		if page := show(); !strings.Contains(page, `<ul data-ids="1">`) {
			t.Errorf("a series with a number is not on the page:\n%s", page)
		}
	})
}

func TestInvalidQueriesOfChangesAreRejected(t *testing.T) {
	h := pageOf(t)
	for _, query := range []string{"ids=x", "ids=-1", "ids=1,,a", "since=9999999999999", "page=x", "sparklines=1.5",
		"ids=" + strings.Repeat("1,", maxChanges) + "1"} {
		if w := request(h, "GET", "127.0.0.1", "/changes?"+query); w.Code != http.StatusBadRequest {
			t.Errorf("%.40s gives %d %s", query, w.Code, w.Body)
		}
	}
}

// Each walk takes a processor from the service, whichever page it is for.
func TestPagesOfTheDemoWaitWhileOthersWalk(t *testing.T) {
	h := pageOf(t)
	for range webpage.MaxWalks {
		walk, err := webpage.BeginWalk(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer walk.End()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	for _, path := range []string{"/", "/changes?ids=0"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "http://127.0.0.1"+path, nil))
		if w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s does not wait: %d %s", path, w.Code, w.Body)
		}
	}
}
