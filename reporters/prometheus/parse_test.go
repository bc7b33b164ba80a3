package prometheus

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// parsed is a page as a strict reader understands it.
type parsed struct {
	types  map[string]string  // by name of the family, as the format has it
	help   map[string]string  // likewise
	values map[string]float64 // by name{labels}
	series []string           // keys of values, in the order of the page
}

// pageParser reads a page and rejects whatever a strict reader may reject.
type pageParser struct {
	parsed
	format  Format
	names   map[string]string // names that samples have or could have, to their family
	family  string            // of the current lines
	kind    string
	samples int             // of the current family
	metric  string          // labels of the current series of the family, without quantile
	metrics map[string]bool // of the family
	last    string          // family before, as the text format names it
}

func parsePage(page string, f Format) (parsed, error) {
	p := &pageParser{format: f, names: map[string]string{}}
	p.types, p.help, p.values = map[string]string{}, map[string]string{}, map[string]float64{}
	if !utf8.ValidString(page) {
		return p.parsed, fmt.Errorf("the page is not UTF-8")
	}
	if page != "" && !strings.HasSuffix(page, "\n") {
		return p.parsed, fmt.Errorf("the page does not end with a line feed")
	}
	if f == OpenMetrics {
		rest, ok := strings.CutSuffix(page, "# EOF\n")
		if !ok {
			return p.parsed, fmt.Errorf("the page does not end with # EOF")
		}
		page = rest
	}
	lines := strings.SplitAfter(page, "\n")
	lines = lines[:len(lines)-1]
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSuffix(lines[i], "\n")
		var err error
		if strings.HasPrefix(line, "#") {
			if i+1 == len(lines) {
				return p.parsed, fmt.Errorf("line %d: metadata without samples", i+1)
			}
			i++
			err = p.metadata(line, strings.TrimSuffix(lines[i], "\n"))
		} else {
			err = p.sample(line)
		}
		if err != nil {
			return p.parsed, fmt.Errorf("line %d: %w: %q", i+1, err, line)
		}
	}
	return p.parsed, p.endFamily()
}

var validName = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*$`)

// metadata reads HELP and TYPE, or TYPE and HELP.
func (p *pageParser) metadata(help, kind string) error {
	if p.format == OpenMetrics {
		help, kind = kind, help
	}
	name, text, ok := strings.Cut(strings.TrimPrefix(help, "# HELP "), " ")
	if !ok || !strings.HasPrefix(help, "# HELP ") || !validName.MatchString(name) {
		return fmt.Errorf("not a HELP line")
	}
	if _, rest, err := unescape(text, p.format == OpenMetrics); err != nil || rest != "" {
		return fmt.Errorf("HELP text %q: %v, rest %q", text, err, rest)
	}
	p.kind, ok = strings.CutPrefix(kind, "# TYPE "+name+" ")
	if !ok {
		return fmt.Errorf("no TYPE line of %s", name)
	}
	if err := p.endFamily(); err != nil {
		return err
	}
	if _, seen := p.types[name]; seen {
		return fmt.Errorf("two families %s", name)
	}
	p.family, p.types[name], p.help[name] = name, p.kind, text
	p.samples, p.metric, p.metrics = 0, "", map[string]bool{}
	return p.claimNames()
}

// claimNames checks that no other family has the names of this one, and that
// families are sorted.
func (p *pageParser) claimNames() error {
	suffixes, ok := p.suffixes()
	if !ok {
		return fmt.Errorf("no such type: %s", p.kind)
	}
	sorted := p.family
	if p.format == OpenMetrics {
		if suffixes[0] == "_total" {
			sorted += "_total"
		}
		suffixes = append(suffixes, "")
		if p.kind == "counter" || p.kind == "summary" {
			suffixes = append(suffixes, "_created")
		}
	}
	for _, suffix := range suffixes {
		if other, used := p.names[p.family+suffix]; used && other != p.family {
			return fmt.Errorf("families %s and %s both have the name %s", p.family, other, p.family+suffix)
		}
		p.names[p.family+suffix] = p.family
	}
	if sorted <= p.last {
		return fmt.Errorf("family %s comes after %s", sorted, p.last)
	}
	p.last = sorted
	return nil
}

// suffixes returns what follows the name of the family in its samples.
func (p *pageParser) suffixes() ([]string, bool) {
	switch {
	case p.kind == "summary":
		return []string{"", "_sum", "_count"}, true
	case p.kind == "counter" && p.format == OpenMetrics:
		return []string{"_total"}, true
	case p.kind == "counter", p.kind == "gauge":
		return []string{""}, true
	}
	return []string{""}, p.kind == "unknown" && p.format == OpenMetrics || p.kind == "untyped" && p.format == Text
}

func (p *pageParser) endFamily() error {
	if p.family != "" && p.samples == 0 {
		return fmt.Errorf("family %s has no samples", p.family)
	}
	return nil
}

func (p *pageParser) sample(line string) error {
	name := line[:strings.IndexAny(line+" ", "{ ")]
	if !validName.MatchString(name) {
		return fmt.Errorf("name %q", name)
	}
	suffix, ok := strings.CutPrefix(name, p.family)
	suffixes, _ := p.suffixes()
	if !ok || p.family == "" || !contains(suffixes, suffix) {
		return fmt.Errorf("%s is no sample of family %s", name, p.family)
	}
	rest := line[len(name):]
	labels, rest, err := parseLabels(rest)
	if err != nil {
		return err
	}
	text, ok := strings.CutPrefix(rest, " ")
	val, err := strconv.ParseFloat(text, 64)
	if !ok || err != nil || strings.Contains(text, " ") {
		return fmt.Errorf("value %q: %v", rest, err)
	}
	if strings.Contains(text, "Inf") && text != "+Inf" && text != "-Inf" || math.IsNaN(val) && text != "NaN" {
		return fmt.Errorf("value %q", text)
	}
	if err := p.order(labels); err != nil {
		return err
	}
	if err := p.checkValue(suffix, labels, val); err != nil {
		return err
	}
	key := strings.TrimSuffix(line, " "+text)
	if _, twice := p.values[key]; twice {
		return fmt.Errorf("series %s comes twice", key)
	}
	p.values[key] = val
	p.series = append(p.series, key)
	p.samples++
	return nil
}

// order checks that the samples of a series are together.
func (p *pageParser) order(labels []label) error {
	var metric strings.Builder
	for _, l := range labels {
		if l.name != "quantile" || p.kind != "summary" {
			fmt.Fprintf(&metric, "%s=%q,", l.name, l.val)
		}
	}
	m := metric.String()
	if p.samples > 0 && m == p.metric {
		return nil
	}
	if p.metrics[m] {
		return fmt.Errorf("the samples of %s{%s} are not together", p.family, m)
	}
	p.metric, p.metrics[m] = m, true
	return nil
}

// checkValue checks what OpenMetrics requires of values. The types are the same
// in the text format, so that it must hold there too.
func (p *pageParser) checkValue(suffix string, labels []label, val float64) error {
	quantile := ""
	for _, l := range labels {
		if l.name == "quantile" {
			quantile = l.val
		}
	}
	switch {
	case p.kind == "counter", p.kind == "summary" && suffix != "":
		if !(val >= 0) {
			return fmt.Errorf("%s%s is %v", p.family, suffix, val)
		}
		if suffix == "_count" && val != math.Trunc(val) {
			return fmt.Errorf("%s%s is %v", p.family, suffix, val)
		}
		if p.kind == "summary" && quantile != "" {
			return fmt.Errorf("%s%s has a quantile", p.family, suffix)
		}
	case p.kind == "summary":
		if q, err := strconv.ParseFloat(quantile, 64); err != nil || q < 0 || q > 1 {
			return fmt.Errorf("quantile %q", quantile)
		}
		if val < 0 {
			return fmt.Errorf("quantile %s is %v", quantile, val)
		}
	}
	return nil
}

type label struct{ name, val string }

var validLabel = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// parseLabels reads the labels at the start of s, if there are any.
func parseLabels(s string) (all []label, rest string, err error) {
	s, ok := strings.CutPrefix(s, "{")
	if !ok {
		return nil, s, nil
	}
	for {
		name, after, ok := strings.Cut(s, `="`)
		if !ok || !validLabel.MatchString(name) || strings.HasPrefix(name, "__") {
			return nil, "", fmt.Errorf("label name in %q", s)
		}
		if len(all) > 0 && name <= all[len(all)-1].name {
			return nil, "", fmt.Errorf("label %s comes after %s", name, all[len(all)-1].name)
		}
		val, after, err := unescape(after, true)
		if err != nil || !strings.HasPrefix(after, `"`) {
			return nil, "", fmt.Errorf("label %s: value in %q: %v", name, s, err)
		}
		if val == "" {
			return nil, "", fmt.Errorf("label %s is empty", name)
		}
		all = append(all, label{name, val})
		after = after[1:]
		if rest, ok := strings.CutPrefix(after, "}"); ok {
			return all, rest, nil
		}
		if s, ok = strings.CutPrefix(after, ","); !ok {
			return nil, "", fmt.Errorf("no comma in %q", after)
		}
	}
}

// unescape reads an escaped text, up to its closing quote if it is quoted.
func unescape(s string, quoted bool) (text, rest string, err error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"' && quoted:
			return b.String(), s[i:], nil
		case s[i] != '\\':
			b.WriteByte(s[i])
			continue
		case i+1 < len(s) && s[i+1] == 'n':
			b.WriteByte('\n')
		case i+1 < len(s) && (s[i+1] == '\\' || s[i+1] == '"' && quoted):
			b.WriteByte(s[i+1])
		default:
			return "", "", fmt.Errorf("escape at %q", s[i:])
		}
		i++
	}
	return b.String(), "", nil
}

func contains(all []string, s string) bool {
	for _, one := range all {
		if one == s {
			return true
		}
	}
	return false
}
