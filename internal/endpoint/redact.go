package endpoint

import (
	"net/url"
	"slices"
	"strings"
)

// mask replaces a credential. It needs no escaping in any part of an address.
const mask = "xxxxx"

// secretNames are names of parameters whose values are credentials. u and p are
// those of InfluxDB; a user is masked, too, since some servers take a token as it.
var secretNames = []string{"u", "p", "user", "username", "userid", "pw", "sig", "sid", "otp", "pin"}

// secretParts mark the names of parameters that they are a part of, such as
// api_key, X-Auth-Token and AWSAccessKeyId. To mask a value too many hides a
// word from an operator; to mask one too few shows a password.
var secretParts = []string{
	"pass", "pwd", "auth", "bearer", "cred", "key", "secret", "token", "jwt", "session", "signature", "cookie", "login",
}

// fileOptions are the options whose values are names of files, not credentials.
var fileOptions = []string{"ca", "cert", "key", "tokenfile"}

// IsSecret reports whether the value of a parameter of that name could be a
// credential. Case, escapes of URLs and the characters - _ and . do not matter.
func IsSecret(name string) bool {
	for range 3 { // an escape may be escaped
		plain, err := url.QueryUnescape(name)
		if err != nil || plain == name {
			break
		}
		name = plain
	}
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune("-_. \t", r) {
			return -1
		}
		return r
	}, strings.ToLower(name))
	return slices.Contains(secretNames, name) || slices.ContainsFunc(secretParts, func(part string) bool { return strings.Contains(name, part) })
}

// Redact masks every part of s that could be a credential. s need not be a valid
// address; if a part is ambiguous, it is masked.
func Redact(s string) string {
	head, rest := "", s
	if i := strings.Index(s, "://"); i >= 0 {
		head, rest = s[:i+3], s[i+3:]
	}
	secret := secretSpans(rest)
	// The last @ ends the credentials, since a password may hold @, / and ?
	// although these should be escaped.
	if end := userEnd(rest); end >= 0 {
		secret = slices.Insert(secret, 0, span{0, end})
	}
	return head + maskSpans(rest, secret)
}

// userEnd returns the index of the @ that ends a user, or -1. That of an option
// such as token=@FILE is none.
func userEnd(s string) int {
	for i := strings.LastIndexByte(s, '@'); i >= 0; i = strings.LastIndexByte(s[:i], '@') {
		before, isValue := strings.CutSuffix(s[:i], "=")
		start := strings.LastIndexAny(before, "?&;")
		if !isValue || start < 0 || !IsSecret(before[start+1:]) {
			return i
		}
	}
	return -1
}

// maskUser masks the name as well as the password, since some servers take a
// token as the name.
func maskUser(u *url.Userinfo) *url.Userinfo {
	if u == nil {
		return nil
	}
	if _, ok := u.Password(); ok {
		return url.UserPassword(mask, mask)
	}
	return url.User(mask)
}

// maskPairs masks the values of all pairs in s that secretSpans finds.
func maskPairs(s string) string { return maskSpans(s, secretSpans(s)) }

// A span is a part of a text: the bytes from start to before end.
type span struct{ start, end int }

// secretSpans returns the values of all pairs NAME=VALUE in s whose name is that of
// a secret. A pair begins at the begin of s or behind a separator. A secret ends
// at an & only, since it may hold other separators.
func secretSpans(s string) (all []span) {
	for start := 0; start < len(s); {
		end := strings.IndexAny(s[start:], "?&;#= \"'\n")
		if end < 0 {
			break
		}
		name := s[start : start+end]
		start += end + 1
		if s[start-1] != '=' || !IsSecret(name) {
			continue
		}
		length := strings.IndexAny(s[start:], "&\n")
		if length < 0 {
			length = len(s) - start
		}
		all = append(all, span{start, start + length})
		start += length
	}
	return all
}

// maskSpans returns s with a mask in place of spans, which are in the order of
// their starts. Those that overlap or touch get one; those that are empty stay so.
func maskSpans(s string, spans []span) string {
	var out strings.Builder
	shown := 0 // the end of what is masked or written
	for i, p := range spans {
		if i == 0 || p.start > shown {
			out.WriteString(s[shown:p.start])
			if p.start < p.end || p.start == 0 {
				out.WriteString(mask)
			}
		}
		shown = max(shown, p.end)
	}
	return out.String() + s[shown:]
}

// maskOptions returns options as the query of an address, without the values that
// are credentials. Names of files are shown.
func maskOptions(o url.Values) string {
	shown := make(url.Values, len(o))
	for name, values := range o {
		for _, v := range values {
			if IsSecret(name) && !slices.Contains(fileOptions, name) && !isFileReference(v) {
				v = mask
			}
			shown.Add(name, v)
		}
	}
	// The @ of a reference is not escaped, or it would be a part of the value.
	return strings.ReplaceAll(shown.Encode(), "=%40", "=@")
}

// formerSecrets are the names by which formerMask finds credentials.
var formerSecrets = []string{"u", "p", "user", "username", "token", "password", "secret", "access_token", "api_key", "apikey"}

// formerMask masks q as versions did that knew fewer names of secrets. Spools that
// they have made are found by the result, which no text may show.
func formerMask(q string) string {
	pairs := strings.Split(q, "&")
	for i, pair := range pairs {
		key, value, _ := strings.Cut(pair, "=")
		name := key
		if k, err := url.QueryUnescape(key); err == nil {
			name = k
		}
		if value != "" && slices.Contains(formerSecrets, strings.ToLower(name)) {
			pairs[i] = key + "=" + mask
		}
	}
	return strings.Join(pairs, "&")
}
