package endpoint

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// The options of http and https whose value may be @FILE, by the names that are
// accepted for each. The file is read for each request.
var credentialOptions = map[string][]string{
	"token":    {"token"},
	"username": {"username", "user", "u"},
	"password": {"password", "pass", "p"},
}

// isFileReference reports whether the value of an option, as it is written, names a
// file that has the value. A value that begins with an @ itself is written %40.
func isFileReference(value string) bool { return strings.HasPrefix(value, "@") }

// cutCredentials takes the credentials that are in files out of the query of a
// URL, and the name of a user whose password is. It adds them to o under their
// first names. All others belong to the server.
func cutCredentials(o url.Values, query string) (url.Values, string, error) {
	if !strings.Contains(query, "=@") {
		return o, query, nil
	}
	if o == nil {
		o = url.Values{}
	}
	pairs := strings.Split(query, "&")
	for _, option := range []string{"token", "password", "username"} {
		var others []string
		for _, pair := range pairs {
			name, value, _ := strings.Cut(pair, "=")
			wanted := isFileReference(value) || option == "username" && o.Has("password")
			if !wanted || !slices.Contains(credentialOptions[option], name) {
				others = append(others, pair)
				continue
			}
			plain, err := url.QueryUnescape(value)
			switch {
			case err != nil:
				return nil, "", fmt.Errorf("option %q cannot be read; write special characters of its value as %%XX", name)
			case o.Has(option):
				return nil, "", fmt.Errorf("option %q stands there more than once; write it once", option)
			case plain == "@":
				return nil, "", fmt.Errorf("option %q has no file; write %s=@FILE", name, name)
			}
			o.Set(option, plain)
		}
		pairs = others
	}
	return o, strings.Join(pairs, "&"), nil
}

// ShowsCredentials reports whether the address itself has a credential, which the
// command line of a process shows to all users of the machine.
func (e Endpoint) ShowsCredentials() bool {
	if e.URL == nil {
		return false
	}
	if _, has := e.URL.User.Password(); has || e.URL.User.Username() != "" && !e.Options.Has("password") {
		return true
	}
	for _, pair := range strings.FieldsFunc(e.URL.RawQuery, func(r rune) bool { return r == '&' || r == ';' }) {
		name, value, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		if value != "" && IsSecret(name) && !slices.Contains(credentialOptions["username"], strings.ToLower(name)) {
			return true
		}
	}
	return false
}
