package faultsink

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// NoGzip responds to compressed bodies as Refuses does, and to others as next does.
func NoGzip(next Reply, status int, text string, header ...string) Reply {
	return func(w http.ResponseWriter, r *http.Request, body string, sink *Sink) string {
		if r.Header.Get("Content-Encoding") == "gzip" {
			return Refuses(status, text, header...)(w, r, body, sink)
		}
		return next(w, r, body, sink)
	}
}

// Influx1 stores the lines without bad, and quotes the others as InfluxDB 1 does. It
// calls them dropped=0, and does not speak of a partial write if it stores nothing.
func Influx1(bad string) Reply {
	return func(w http.ResponseWriter, r *http.Request, body string, sink *Sink) string {
		good, refused := sortLines(body, bad)
		if len(refused) == 0 {
			return OK()(w, r, body, sink)
		}
		text := quoteAll(refused)
		if good != "" {
			text = "partial write: " + text + " dropped=0"
		}
		Refuses(http.StatusBadRequest, toJSON(map[string]any{"error": text}))(w, r, body, sink)
		return good
	}
}

// Influx2 stores nothing if a line contains bad, and quotes the first max such lines
// as InfluxDB 2 does.
func Influx2(bad string, max int) Reply {
	return func(w http.ResponseWriter, r *http.Request, body string, sink *Sink) string {
		_, refused := sortLines(body, bad)
		if len(refused) == 0 {
			return OK()(w, r, body, sink)
		}
		text := toJSON(map[string]any{"code": "invalid", "message": quoteAll(refused[:min(max, len(refused))])})
		return Refuses(http.StatusBadRequest, text)(w, r, body, sink)
	}
}

// influx3Line is what InfluxDB 3 says about a line.
type influx3Line struct {
	Line   string `json:"original_line"`
	Number int    `json:"line_number"`
	Why    string `json:"error_message"`
}

// Influx3 responds as InfluxDB 3 does. If partial is true, it stores the lines
// without bad and lists up to 100 others; else it stores nothing if a line contains
// bad, and names the first.
func Influx3(bad string, partial bool) Reply {
	return func(w http.ResponseWriter, r *http.Request, body string, sink *Sink) string {
		var list []influx3Line
		number := 0
		for line := range strings.Lines(body) {
			number++
			if strings.Contains(line, bad) {
				list = append(list, influx3Line{strings.TrimSuffix(line, "\n"), number, "invalid number"})
			}
		}
		if len(list) == 0 {
			return OK()(w, r, body, sink)
		}
		fields := map[string]any{"error": "parsing failed for write_lp endpoint", "data": list[0]}
		good := ""
		if partial {
			fields = map[string]any{"error": "partial write of line protocol occurred", "data": list[:min(len(list), 100)]}
			good, _ = sortLines(body, bad)
		}
		Refuses(http.StatusBadRequest, toJSON(fields))(w, r, body, sink)
		return good
	}
}

// sortLines returns the lines of body without bad, and those with it.
func sortLines(body, bad string) (good string, refused []string) {
	var b strings.Builder
	for line := range strings.Lines(body) {
		if strings.Contains(line, bad) {
			refused = append(refused, strings.TrimSuffix(line, "\n"))
		} else {
			b.WriteString(line)
		}
	}
	return b.String(), refused
}

func quoteAll(lines []string) string {
	quoted := make([]string, len(lines))
	for i, line := range lines {
		quoted[i] = fmt.Sprintf("unable to parse '%s': invalid number", line)
	}
	return strings.Join(quoted, "\n")
}

func toJSON(fields map[string]any) string {
	text, err := json.Marshal(fields)
	if err != nil {
		panic(err) // fields are texts and numbers
	}
	return string(text)
}
