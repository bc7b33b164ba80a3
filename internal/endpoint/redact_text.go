package endpoint

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"monkit.example/internal/printable"
)

// textEndings end the last word of a name whose value is a credential also behind a
// colon, as in a header, in YAML and in a tag of StatsD.
var textEndings = []string{
	"authorization", "auth", "bearer", "cookie", "pass", "passwd", "pwd", "passphrase", "password", "credential", "credentials",
	"token", "secret", "apikey", "secretkey", "accesskey", "privatekey", "sessionid", "signature",
}

// textWords are such last words, which are too short or too common to be looked for at
// the end of another word.
var textWords = []string{"pw", "sig", "sid", "jwt", "session"}

// minQuoted is the length from which a known credential is masked wherever it is quoted.
const minQuoted = 5

// plainWords follow a word such as "token" in sentences about it.
var plainWords = []string{
	"and", "authentication", "cannot", "does", "expired", "failed", "failure", "file", "for", "from", "has", "header", "in", "invalid", "is", "missing",
	"not", "of", "or", "required", "scheme", "was", "with",
}

// What looks like a credential in any text. Each matches in linear time.
var (
	namedValue  = regexp.MustCompile(`([\w.%-]+)\\*["']?[ \t]*([=:])[ \t]*`)
	escapedPair = regexp.MustCompile(`([\w.%-]+?)%(?:25)*3[dD]`)
	keyAndValue = regexp.MustCompile(`"(?:key|name)\\*"\s*:\s*\\*"([^"\\]*)\\*"\s*,\s*\\*"value\\*"\s*:\s*(?:\{\s*\\*"\w+\\*"\s*:\s*)?`)
	flagValue   = regexp.MustCompile(`(?:^|\s)--?([A-Za-z][\w.-]*)[ \t]+`)
	afterWord   = regexp.MustCompile(`(?i)\b(?:bearer|basic|token|apikey|digest|negotiate|ntlm)[ \t]+`)
	command     = regexp.MustCompile(`(?im)^[ \t]*(?:auth|pass)[ \t]+`) // of Redis, FTP and mail
	afterStart  = regexp.MustCompile(`\b(?:eyJ|ghp_|gho_|ghs_|github_pat_|glpat-|xox[abp]-|sk_live_|AKIA|AIza)[\w.+/=-]{6,}`)
	userOfURL   = regexp.MustCompile(`://[^\s"'<>]+`)
	longWord    = regexp.MustCompile(`[\w+/-]{40,}={0,2}`)
	reading     = regexp.MustCompile(`^[-+]?[0-9][0-9.eE+-]*\|`) // of a StatsD line, behind its colon
)

// RedactText returns at most limit bytes of a text from the network, in which what
// looks like a credential is masked: values of headers, options and settings with
// such names, what follows "Bearer" and its like, tokens that are known by how they
// begin or by their length, and users and passwords of URLs. If a part is ambiguous,
// it is masked. Names stay.
func RedactText(s string, limit int) string {
	return printable.Prefix(maskSpans(s, secretsOf(s)), limit)
}

// RedactLine is RedactText of a line and of an error about it, which may quote a part
// of the line.
func RedactLine(line, about string, limit int) (string, string) {
	found := secretsOf(line)
	words := make([]string, 0, len(found))
	for _, f := range found {
		words = append(words, line[f.start:f.end])
	}
	about = RedactWords(about, words)
	return printable.Prefix(maskSpans(line, found), limit), RedactText(about, limit)
}

// RedactWords masks words in s that are known to be credentials. Those of fewer than
// five bytes stay, since they are a part of any text.
func RedactWords(s string, words []string) string {
	for _, w := range words {
		if len(w) >= minQuoted {
			s = strings.ReplaceAll(s, w, mask)
		}
	}
	return s
}

// secretsOf returns where s has what looks like a credential, in order; spans may
// overlap.
func secretsOf(s string) (all []span) {
	add := func(start, end int) {
		if start < end {
			all = append(all, span{start, end})
		}
	}
	for _, m := range namedValue.FindAllStringSubmatchIndex(s, -1) {
		name, sign := s[m[2]:m[3]], s[m[4]]
		isPath := m[2] > 0 && (s[m[2]-1] == '/' || s[m[2]-1] == '\\') // "open /run/token: no such file"
		if isSecretName(name, sign) && (sign == '=' || !isPath && !reading.MatchString(s[m[1]:])) {
			add(valueAt(s, m[1], sign, name))
		}
	}
	for _, m := range keyAndValue.FindAllStringSubmatchIndex(s, -1) {
		if name := s[m[2]:m[3]]; IsSecret(name) {
			add(valueAt(s, m[1], ':', name))
		}
	}
	for _, m := range escapedPair.FindAllStringSubmatchIndex(s, -1) {
		if IsSecret(s[m[2]:m[3]]) {
			add(m[1], pairEnd(s, m[1]))
		}
	}
	for _, m := range flagValue.FindAllStringSubmatchIndex(s, -1) {
		if name := s[m[2]:m[3]]; isSecretName(name, ':') {
			add(valueAt(s, m[1], ' ', name))
		}
	}
	for _, m := range afterWord.FindAllStringIndex(s, -1) {
		if end := wordEnd(s, m[1]); !isPlain(s[m[1]:end]) && !isSentence(s[m[0]:m[1]], s[m[1]:end]) {
			add(m[1], end)
		}
	}
	for _, m := range command.FindAllStringIndex(s, -1) {
		if word := wordEnd(s, m[1]); !isPlain(s[m[1]:word]) {
			add(m[1], lineEnd(s, m[1])) // a user or a method may precede it
		}
	}
	for _, m := range afterStart.FindAllStringIndex(s, -1) {
		add(m[0], m[1])
	}
	for _, m := range userOfURL.FindAllStringIndex(s, -1) {
		add(userAt(s, m[0]+len("://"), m[1]))
	}
	for _, m := range longWord.FindAllStringIndex(s, -1) {
		if word := s[m[0]:m[1]]; isMixed(word) && !isPath(word) {
			add(m[0], m[1])
		}
	}
	slices.SortFunc(all, func(a, b span) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end)) })
	return all
}

// isPlain reports whether a word is a number, or one of plainWords: no credential.
func isPlain(word string) bool {
	return isNumber(word) || slices.Contains(plainWords, strings.TrimRight(word, ":,.;"))
}

// isSentence reports whether a name such as token and the word behind it are of a
// sentence about it: both have small letters only, as in "no token yet". What follows
// Bearer is masked all the same.
func isSentence(name, word string) bool {
	name = strings.TrimSpace(name)
	return name != "bearer" && strings.Trim(name+word, "abcdefghijklmnopqrstuvwxyz:,.;") == ""
}

// isPath reports whether a long word is a path without random names. Hardly any random
// text begins with a slash and has three.
func isPath(word string) bool {
	const minRandom = 20
	if word[0] != '/' || strings.Count(word, "/") < 3 {
		return false
	}
	return !slices.ContainsFunc(strings.Split(word, "/"), func(name string) bool { return len(name) >= minRandom && isMixed(name) })
}

// isSecretName reports whether the value after a name and = or : is a credential.
// Behind a colon the last word of the name decides, since the names of metrics and
// tags are followed by one, too: user_pass and awsSecretAccessKey, but not
// session_count. A key alone is the name of anything.
func isSecretName(name string, sign byte) bool {
	if sign == '=' && IsSecret(name) {
		return true
	}
	before, last := lastWord(strings.TrimRight(name, "0123456789"))
	if last == "id" && before != "" {
		before, last = lastWord(before)
	}
	return last == "key" && before != "" || slices.Contains(textWords, last) ||
		slices.ContainsFunc(textEndings, func(s string) bool { return strings.HasSuffix(last, s) })
}

// lastWord returns the last word of a name in lower case, and what is before it. An
// upper-case letter behind one that is not begins a word.
func lastWord(name string) (before, word string) {
	name = strings.TrimRight(name, "_-.")
	for i := len(name) - 1; i > 0; i-- {
		c, d := name[i-1], name[i]
		switch {
		case strings.IndexByte("_-.%", c) >= 0:
			return strings.TrimRight(name[:i], "_-.%"), strings.ToLower(name[i:])
		case 'A' <= d && d <= 'Z' && !('A' <= c && c <= 'Z'):
			return name[:i], strings.ToLower(name[i:])
		}
	}
	return "", strings.ToLower(name)
}

// valueAt returns the value that begins at from: what quotes enclose, which may be
// escaped, or else a word, which & ends too; after a colon and for headers, the rest
// of the line.
func valueAt(s string, from int, sign byte, name string) (begin, end int) {
	if begin, end, ok := quotedAt(s, from); ok {
		return begin, end
	}
	if lower := strings.ToLower(name); sign == ':' || strings.HasSuffix(lower, "authorization") || strings.HasSuffix(lower, "cookie") {
		return from, lineEnd(s, from)
	}
	return from, pairEnd(s, from)
}

// quotedAt returns what is between two quotes of which the first is at from. If
// backslashes precede it, as in JSON inside a string, the same number precedes the
// second.
func quotedAt(s string, from int) (begin, end int, ok bool) {
	begin = from
	for begin < len(s) && s[begin] == '\\' {
		begin++
	}
	if begin == len(s) || s[begin] != '"' && s[begin] != '\'' {
		return 0, 0, false
	}
	quote, escapes := s[begin], begin-from
	begin++
	before := 0 // backslashes before s[end]
	for end = begin; end < len(s) && s[end] != '\n'; end++ {
		switch {
		case s[end] == '\\':
			before++
			continue
		case s[end] == quote && (before == escapes || escapes == 0 && before%2 == 0 || before < escapes):
			return begin, end - min(before, escapes), true
		}
		before = 0
	}
	return begin, end, true
}

// lineEnd returns where the line ends that has s[from].
func lineEnd(s string, from int) int {
	if n := strings.IndexByte(s[from:], '\n'); n >= 0 {
		return from + n
	}
	return len(s)
}

// pairEnd returns where the value of a pair ends that begins at from: at white space
// or an &, which may be escaped.
func pairEnd(s string, from int) int {
	end := wordEnd(s, from)
	for _, and := range []string{"&", "%26"} {
		if n := strings.Index(s[from:end], and); n >= 0 {
			end = from + n
		}
	}
	return end
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
	if _, port, found := strings.Cut(host, ":"); found && !strings.HasPrefix(host, "[") && !isNumber(strings.TrimRight(port, ":;,.)")) {
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
