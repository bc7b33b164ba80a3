package send

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"unicode"

	"monkit.example/internal/endpoint"
)

// maxToken is larger than any header that servers accept.
const maxToken = 64 << 10

// withToken returns o with an Authorize that adds the token of the option
// tokenfile of ep, or of o.TokenFile, if one is given. The file is read for each
// request.
func (o DialOptions) withToken(ep endpoint.Endpoint) (DialOptions, error) {
	file := cmp.Or(ep.Options.Get("tokenfile"), o.TokenFile)
	if file == "" {
		if ep.Options.Has("tokenfile") {
			return o, errors.New("send: option tokenfile has no value; write tokenfile=FILE")
		}
		return o, nil
	}
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return o, fmt.Errorf("send: token file: %s is a folder; write the path of a file", file)
	}
	scheme := cmp.Or(o.TokenScheme, "Bearer")
	o.Authorize = func(h http.Header) error {
		token, err := readToken(file)
		if err == nil {
			h.Set("Authorization", scheme+" "+token)
		}
		return err
	}
	return o, nil
}

// readToken returns the text of file without the white space around it. Its
// errors do not show the token.
func readToken(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("token file: %w", err)
	}
	token := strings.TrimSpace(string(text))
	switch {
	case token == "":
		return "", fmt.Errorf("token file: %s is empty", file)
	case len(token) > maxToken:
		return "", fmt.Errorf("token file: %s has %d bytes, a token at most %d", file, len(token), maxToken)
	case strings.ContainsFunc(token, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return "", fmt.Errorf("token file: %s holds more than one word; write the token alone", file)
	}
	return token, nil
}
