package endpoint

import (
	"net/url"
	"slices"
	"strings"
)

// mask stands where a credential was. It needs no escaping anywhere.
const mask = "xxxxx"

// secrets are the names of options whose values nobody may see: u and p are
// InfluxDB's.
var secrets = []string{"u", "p", "user", "username", "token", "password", "secret", "access_token", "api_key", "apikey"}

// Redact masks in a text, which need not be an endpoint, what could be a
// credential. In doubt it masks more.
func Redact(s string) string {
	head, rest := "", s
	if i := strings.Index(s, "://"); i >= 0 {
		head, rest = s[:i+3], s[i+3:]
	}
	// The last @ of all: a password may hold @, / and ? where it should not.
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = mask + rest[i:]
	}
	before, query, found := strings.Cut(rest, "?")
	if !found {
		return head + rest
	}
	return head + before + "?" + maskQuery(query)
}

// maskUser hides the name too: some servers take a token there.
func maskUser(u *url.Userinfo) *url.Userinfo {
	if u == nil {
		return nil
	}
	if _, ok := u.Password(); ok {
		return url.UserPassword(mask, mask)
	}
	return url.User(mask)
}

// maskQuery keeps the order and the spelling of all that is no secret.
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
