package send

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// An answer is what the body of a response says about the lines of a payload.
type answer struct {
	text  string // the whole body, without the credentials of the request
	words string // the server's own words in lower case, without lines it quotes
	lines int    // of the payload

	named    []namedLine // in the order of the payload, each once
	unparsed int         // how often the server says that it cannot parse a line
	listed   int         // length of InfluxDB 3's list of rejected lines; 0 if it listed none

	sent *sentSecrets // which the words about named lines must not have
}

// maxListed is how many rejected lines InfluxDB 3 lists at most.
const maxListed = 100

// parseAnswer reads the body of a response to payload. Servers respond with
// {"error": …} (InfluxDB 1 and 3), with {"code": …, "message": …} (InfluxDB 2 and
// QuestDB), or with plain text. All of it may be missing.
func parseAnswer(text string, payload []byte, sent *sentSecrets) *answer {
	a := &answer{text: sent.mask(text), lines: countLines(payload), sent: sent}
	message := text
	var fields map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &fields) == nil {
		known := []string{textOf(fields["error"]), textOf(fields["message"]), textOf(fields["code"])}
		if joined := strings.Join(known, "\n"); joined != "\n\n" {
			message = joined
		}
	}
	p := &linesOf{payload: payload}
	a.words = strings.ToLower(a.cutQuotes(message, p))
	a.addList(fields["data"], p)
	a.addNumber(fields["line"])
	a.named = p.spread(a.named)
	return a
}

// textOf returns the string in raw, or "" if that is not a string.
func textOf(raw json.RawMessage) (s string) {
	json.Unmarshal(raw, &s) // any other value is no text
	return s
}

const quoteStart = "unable to parse '"

// cutQuotes returns message without the lines that it quotes, and names those that
// the payload has.
func (a *answer) cutQuotes(message string, p *linesOf) string {
	before, rest, found := strings.Cut(message, quoteStart)
	var words strings.Builder
	words.WriteString(before)
	for found {
		a.unparsed++
		var quote string
		quote, rest, found = strings.Cut(rest, quoteStart)
		words.WriteString(quoteStart)
		words.WriteString(a.cutQuote(quote, p))
	}
	return words.String()
}

// maxQuoteEnds bounds how many apostrophes of a quote are tried as its end, since
// a line may have any number.
const maxQuoteEnds = 64

// cutQuote returns the words after a quoted line, with the apostrophe that ends
// it. quote reaches to the next quote.
func (a *answer) cutQuote(quote string, p *linesOf) string {
	end := -1
	for i, tries := 0, 0; tries < maxQuoteEnds; tries++ {
		n := strings.IndexByte(quote[i:], '\'')
		if n < 0 {
			break
		}
		i += n
		if index, ok := p.find(quote[:i]); ok {
			why := strings.TrimLeft(quote[i:], "': ")
			why, _, _ = strings.Cut(why, "\n")
			why = lastCount.ReplaceAllString(why, "")
			a.named = append(a.named, namedLine{index, true, Excerpt(a.sent.mask(why))})
			return quote[i:]
		}
		if end < 0 && strings.HasPrefix(quote[i:], "':") {
			end = i
		}
		i++
	}
	if end < 0 {
		return "" // all of it may be a line
	}
	return quote[end:]
}

// addList names the lines of InfluxDB 3's field data: a list of lines, or one line
// if nothing was stored.
func (a *answer) addList(data json.RawMessage, p *linesOf) {
	type rejected struct {
		Line   string `json:"original_line"`
		Number int    `json:"line_number"`
		Why    string `json:"error_message"`
	}
	var list []rejected
	if json.Unmarshal(data, &list) == nil {
		a.listed = len(list)
	} else if one := make([]rejected, 1); json.Unmarshal(data, &one[0]) == nil {
		list = one
	}
	for _, r := range list {
		if l, ok := p.locate(r.Line, r.Number); ok {
			l.why = Excerpt(a.sent.mask(r.Why))
			a.named = append(a.named, l)
		}
	}
}

// addNumber names the line of that number, which is the first that the server
// could not parse.
func (a *answer) addNumber(raw json.RawMessage) {
	var number int
	if json.Unmarshal(raw, &number) == nil && number >= 1 && number <= a.lines && len(a.named) == 0 {
		a.named = []namedLine{{index: number - 1}}
	}
}

// droppedCount is written by InfluxDB 1 and 2 at the end of their message. What is
// before it may be a name that a user chose.
var (
	droppedCount = regexp.MustCompile(`\bdropped=(\d+)\b`)
	lastCount    = regexp.MustCompile(` dropped=\d+$`)
)

// rejected returns how many lines a response with a partial write reports.
// InfluxDB 1 counts only conflicts as dropped, and quotes each line that it cannot
// parse; InfluxDB 3 lists lines. If a response has none of these, at least one line
// was rejected.
func (a *answer) rejected() int {
	n := a.unparsed + a.listed
	if all := droppedCount.FindAllStringSubmatch(a.words, -1); all != nil {
		dropped, err := strconv.Atoi(all[len(all)-1][1])
		if err != nil {
			dropped = a.lines // more digits than a number has
		}
		n += min(dropped, a.lines)
	} else {
		n = max(n, 1)
	}
	return min(n, a.lines)
}

// linesOf finds lines of a payload by their text. It makes its table at the first
// use, because few responses quote lines.
type linesOf struct {
	payload []byte
	lines   [][]byte       // without spaces around them
	first   map[string]int // the first index of each text
}

func (p *linesOf) load() {
	if p.first != nil {
		return
	}
	p.first = make(map[string]int)
	for line := range bytes.Lines(p.payload) {
		line = bytes.TrimSpace(line)
		if _, ok := p.first[string(line)]; !ok {
			p.first[string(line)] = len(p.lines)
		}
		p.lines = append(p.lines, line)
	}
}

// find returns the first line with that text.
func (p *linesOf) find(text string) (index int, ok bool) {
	p.load()
	index, ok = p.first[strings.TrimSpace(text)]
	return index, ok && text != ""
}

// locate returns the line with that text, of which the server may have cut the
// end, and that number, which counts from 1. Either may be missing.
func (p *linesOf) locate(text string, number int) (namedLine, bool) {
	if index, ok := p.find(text); ok {
		return namedLine{index: index, exact: true}, true
	}
	p.load()
	if number < 1 || number > len(p.lines) {
		return namedLine{}, false
	}
	start := strings.TrimRight(strings.TrimSpace(text), ".…")
	exact := start != "" && bytes.HasPrefix(p.lines[number-1], []byte(start))
	return namedLine{index: number - 1, exact: exact}, true
}

// spread returns named in the order of the payload, each line once, with every
// other line of the same text as an exact one.
func (p *linesOf) spread(named []namedLine) []namedLine {
	if len(named) == 0 {
		return nil
	}
	byIndex := make(map[int]namedLine, len(named))
	for _, l := range named {
		if l.exact || !byIndex[l.index].exact {
			byIndex[l.index] = l
		}
	}
	for i, line := range p.lines {
		if l, ok := byIndex[p.first[string(line)]]; ok && l.exact {
			l.index = i
			byIndex[i] = l
		}
	}
	named = named[:0]
	for _, l := range byIndex {
		named = append(named, l)
	}
	slices.SortFunc(named, func(a, b namedLine) int { return a.index - b.index })
	return named
}

// countLines returns the number of lines of p, of which the last may have no line
// feed.
func countLines(p []byte) int {
	n := bytes.Count(p, []byte{'\n'})
	if len(p) > 0 && p[len(p)-1] != '\n' {
		n++
	}
	return n
}
