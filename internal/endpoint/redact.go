package endpoint

import (
	"net/url"
	"slices"
	"strings"
)

// mask replaces a credential. It needs no escaping in any part of an address.
const mask = "xxxxx"

// secrets are the names of options whose values are credentials. u and p are
// those of InfluxDB.
var secrets = []string{"u", "p", "user", "username", "token", "password", "secret", "access_token", "api_key", "apikey"}

// Redact masks every part of s that could be a credential. s need not be a valid
// address; if a part is ambiguous, it is masked.
func Redact(s string) string {
	head, rest := "", s
	if i := strings.Index(s, "://"); i >= 0 {
		head, rest = s[:i+3], s[i+3:]
	}
	// The last @ ends the credentials, since a password may hold @, / and ?
	// although these should be escaped.
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = mask + rest[i:]
	}
	before, query, found := strings.Cut(rest, "?")
	if !found {
		return head + rest
	}
	return head + before + "?" + maskQuery(query)
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

// maskQuery masks the values of secrets in q. It keeps the order and the escaping
// of everything else.
func maskQuery(q string) string {
	pairs := strings.Split(q, "&")
	for i, pair := range pairs {
		key, value, _ := strings.Cut(pair, "=")
		if value != "" && isSecret(key) {
			pairs[i] = key + "=" + mask
		}
	}
	return strings.Join(pairs, "&")
}

func isSecret(key string) bool {
	if k, err := url.QueryUnescape(key); err == nil {
		key = k
	}
	return slices.Contains(secrets, strings.ToLower(key))
}
