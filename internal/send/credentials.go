package send

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"unicode"

	"monkit.example/internal/endpoint"
)

// maxSecret is larger than any header that servers accept.
const maxSecret = 64 << 10

// withCredentials returns o with an Authorize that adds the credentials of files:
// user and password of the options username and password of ep, or the token of its
// options token or tokenfile, or of o.TokenFile. The files are read for each
// request, so that they may be replaced, or be written later.
func (o DialOptions) withCredentials(ep endpoint.Endpoint) (DialOptions, error) {
	switch {
	case ep.Options.Has("token") && ep.Options.Has("tokenfile"):
		return o, errors.New("send: options token and tokenfile say the same; write one of them")
	case ep.Options.Has("password") && (ep.Options.Has("token") || ep.Options.Has("tokenfile")):
		return o, errors.New("send: a password and a token; write one of them")
	case ep.Options.Has("password"):
		return o.withPassword(ep)
	}
	return o.withToken(ep)
}

// withToken returns o with an Authorize that adds a token, if one is given.
func (o DialOptions) withToken(ep endpoint.Endpoint) (DialOptions, error) {
	file, isOption := strings.CutPrefix(ep.Options.Get("token"), "@")
	if !isOption {
		file = cmp.Or(ep.Options.Get("tokenfile"), o.TokenFile)
	}
	if file == "" {
		if ep.Options.Has("tokenfile") {
			return o, errors.New("send: option tokenfile has no value; write tokenfile=FILE")
		}
		return o, nil
	}
	if err := checkFile("token", file); err != nil {
		return o, err
	}
	scheme := cmp.Or(o.TokenScheme, "Bearer")
	o.Authorize = func(h http.Header) error {
		token, err := readSecret("token", file)
		if err == nil && strings.ContainsFunc(token, unicode.IsSpace) {
			err = fmt.Errorf("token file: %s holds more than one word; write the token alone", file)
		}
		if err == nil {
			h.Set("Authorization", scheme+" "+token)
		}
		return err
	}
	return o, nil
}

// withPassword returns o with an Authorize that adds user and password. The user is
// that of the URL if there is no option.
func (o DialOptions) withPassword(ep endpoint.Endpoint) (DialOptions, error) {
	file := strings.TrimPrefix(ep.Options.Get("password"), "@")
	user := ep.Options.Get("username")
	if ep.URL != nil {
		if _, both := ep.URL.User.Password(); both {
			return o, errors.New("send: the address has a password and a file for one; write one of them")
		}
		user = cmp.Or(user, ep.URL.User.Username())
	}
	userFile, isFile := strings.CutPrefix(user, "@")
	switch {
	case user == "":
		return o, errors.New("send: a password without a user; write username=NAME&password=@FILE")
	case !isFile && strings.Contains(user, ":"):
		return o, fmt.Errorf("send: %w", errColon)
	}
	if err := errors.Join(checkFile("password", file), checkFile("username", userFile)); err != nil {
		return o, err
	}
	o.Authorize = func(h http.Header) (err error) {
		name := user
		if isFile {
			if name, err = readSecret("username", userFile); err != nil {
				return err
			}
		}
		if strings.Contains(name, ":") {
			return errColon
		}
		password, err := readSecret("password", file)
		if err == nil {
			h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(name+":"+password)))
		}
		return err
	}
	return o, nil
}

var errColon = errors.New("a colon in the name of the user, which basic authentication cannot have")

// checkFile returns an error for what no later change of the file can mend, short
// of removing a folder. What is the file's content in errors.
func checkFile(what, file string) error {
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return fmt.Errorf("send: %s file: %s is a folder; write the path of a file", what, file)
	}
	return nil
}

// readSecret returns the text of file without the white space around it. Its
// errors do not show the text.
func readSecret(what, file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("%s file: %w", what, err)
	}
	secret := strings.TrimSpace(string(text))
	switch {
	case secret == "":
		return "", fmt.Errorf("%s file: %s is empty", what, file)
	case len(secret) > maxSecret:
		return "", fmt.Errorf("%s file: %s has %d bytes, a %s at most %d", what, file, len(secret), what, maxSecret)
	case strings.ContainsFunc(secret, unicode.IsControl):
		return "", fmt.Errorf("%s file: %s holds more than one line; write the %s alone", what, file, what)
	}
	return secret, nil
}
