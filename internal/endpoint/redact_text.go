package endpoint

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// textSecrets are names whose values are credentials also behind a colon, as in a
// header: fewer than those of IsSecret, since a StatsD name and a tag have a colon
// too. A name that ends with one of these is such a name too, unless the ending is
// short.
var textSecrets = []string{
	"authorization", "auth", "cookie", "pass", "passwd", "pwd", "passphrase", "credential", "credentials",
	"token", "password", "secret", "access_token", "api_key", "apikey",
	"private_key", "secret_key", "access_key", "session_id", "sessionid", "signature",
}

// minEnding is the length from which a name is recognised at the end of another,
// as "password" in "db.password".
const minEnding = 5

// What looks like a credential in any text. Each matches in linear time.
var (
	namedValue = regexp.MustCompile(`([\w.%-]+)["']?[ \t]*([=:])[ \t]*`)
	afterWord  = regexp.MustCompile(`(?i)\b(?:bearer|basic|token|apikey|digest|negotiate|ntlm)[ \t]+`)
	afterStart = regexp.MustCompile(`\b(?:eyJ|ghp_|gho_|ghs_|github_pat_|glpat-|xox[abp]-|sk_live_|AKIA|AIza)[\w.+/=-]{6,}`)
	userOfURL  = regexp.MustCompile(`://[^\s"'<>]+`)
	longWord   = regexp.MustCompile(`[\w+/-]{40,}={0,2}`)
)

// RedactText returns at most limit bytes of a text from the network, in which what
// looks like a credential is masked: values of headers, options and settings with
// such names, what follows "Bearer" and its like, tokens that are known by how they
// begin or by their length, and users and passwords of URLs. If a part is ambiguous,
// it is masked. Names stay.
func RedactText(s string, limit int) string { return cutText(redact(s, secretsOf(s)), limit) }

// RedactLine is RedactText of a line and of an error about it, which may quote a part
// of the line.
func RedactLine(line, about string, limit int) (string, string) {
	found := secretsOf(line)
	for _, f := range found {
		if text := line[f.from:f.to]; len(text) >= minEnding {
			about = strings.ReplaceAll(about, text, mask)
		}
	}
	return cutText(redact(line, found), limit), RedactText(about, limit)
}

// secretSpan is a credential in a text: text[from:to].
type secretSpan struct{ from, to int }

// redact returns s with each span replaced by the mask. The spans are in order.
func redact(s string, spans []secretSpan) string {
	if len(spans) == 0 {
		return s
	}
	var b strings.Builder
	end := 0
	for i, f := range spans {
		if i == 0 || f.from > end {
			b.WriteString(s[end:f.from])
			b.WriteString(mask)
		}
		end = max(end, f.to)
	}
	b.WriteString(s[end:])
	return b.String()
}

// secretsOf returns where s has what looks like a credential, in order; spans may
// overlap.
func secretsOf(s string) (all []secretSpan) {
	add := func(from, to int) {
		if from < to {
			all = append(all, secretSpan{from, to})
		}
	}
	for _, m := range namedValue.FindAllStringSubmatchIndex(s, -1) {
		if name, sign := s[m[2]:m[3]], s[m[4]]; isSecretName(name, sign) {
			add(valueAt(s, m[1], sign, name))
		}
	}
	for _, m := range afterWord.FindAllStringIndex(s, -1) {
		if end := wordEnd(s, m[1]); !isNumber(s[m[1]:end]) {
			add(m[1], end)
		}
	}
	for _, m := range afterStart.FindAllStringIndex(s, -1) {
		add(m[0], m[1])
	}
	for _, m := range userOfURL.FindAllStringIndex(s, -1) {
		add(userAt(s, m[0]+len("://"), m[1]))
	}
	for _, m := range longWord.FindAllStringIndex(s, -1) {
		if isMixed(s[m[0]:m[1]]) {
			add(m[0], m[1])
		}
	}
	slices.SortFunc(all, func(a, b secretSpan) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	return all
}

// isSecretName reports whether the value after a name and = or : is a credential.
func isSecretName(name string, sign byte) bool {
	if sign == '=' && IsSecret(name) {
		return true
	}
	name = strings.ReplaceAll(strings.ToLower(name), "-", "_")
	return slices.ContainsFunc(textSecrets, func(s string) bool {
		return name == s || len(s) >= minEnding && strings.HasSuffix(name, s)
	})
}

// valueAt returns the value that begins at from: what a quote encloses, or else a
// word, which & ends too; after a colon and for headers, the rest of the line.
func valueAt(s string, from int, sign byte, name string) (begin, end int) {
	if from < len(s) && (s[from] == '"' || s[from] == '\'') {
		from++
		for end = from; end < len(s) && s[end] != s[from-1] && s[end] != '\n'; end++ {
			if s[end] == '\\' {
				end++
			}
		}
		return from, min(end, len(s))
	}
	if lower := strings.ToLower(name); sign == ':' || strings.HasSuffix(lower, "authorization") || strings.HasSuffix(lower, "cookie") {
		if n := strings.IndexByte(s[from:], '\n'); n >= 0 {
			return from, from + n
		}
		return from, len(s)
	}
	end = wordEnd(s, from)
	if n := strings.IndexByte(s[from:end], '&'); n >= 0 {
		end = from + n
	}
	return from, end
}

// wordEnd returns where the white space behind a word that begins at from is.
func wordEnd(s string, from int) int {
	if n := strings.IndexAny(s[from:], " \t\r\n"); n >= 0 {
		return from + n
	}
	return len(s)
}

// userAt returns the user and password of a URL whose part behind :// is s[from:to].
// The last @ ends them. Without one, what follows a colon and is no port may be the
// beginning of a password that was cut.
func userAt(s string, from, to int) (begin, end int) {
	if n := strings.LastIndexByte(s[from:to], '@'); n >= 0 {
		return from, from + n
	}
	host := s[from:to]
	if n := strings.IndexAny(host, "/?#"); n >= 0 {
		host = host[:n]
	}
	if _, port, found := strings.Cut(host, ":"); found && !strings.HasPrefix(host, "[") && !isNumber(port) {
		return from, to
	}
	return from, from
}

// isNumber reports whether a word has nothing but what a number has.
func isNumber(word string) bool { return strings.Trim(word, "0123456789.+-eE") == "" }

// isMixed reports whether a long word has letters of both cases and digits, as random
// text does and names do not.
func isMixed(word string) bool {
	return strings.ContainsAny(word, "0123456789") && strings.ToLower(word) != word && strings.ToUpper(word) != word
}

// cutText returns at most limit bytes of s, whole characters if these are UTF-8.
func cutText(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for n := limit; n > max(limit-utf8.UTFMax, 0); n-- {
		if utf8.RuneStart(s[n]) {
			return s[:n]
		}
	}
	return s[:limit]
}
