package send

import (
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"monkit.example/internal/endpoint"
)

// Basic authentication is RFC 7617; InfluxDB 1 takes it as well as u and p in the
// query.
func TestCredentialsOfFilesAreReadForEachRequest(t *testing.T) {
	var heads, queries []string
	srv := newServer(t, func(_ http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		heads = append(heads, user+"/"+password+"/"+r.Header.Get("Authorization")[:6])
		queries = append(queries, r.URL.RawQuery)
	})
	password, user, token := writeFile(t, "password", []byte("one\n")), writeFile(t, "user", []byte("me")), writeFile(t, "token", []byte("abc"))
	esc := url.QueryEscape
	for _, tt := range []struct{ name, address, want, query string }{
		{"names of InfluxDB", srv + "?db=x&u=me&p=@" + esc(password), "me/one/Basic ", "db=x"},
		{"long names", srv + "?username=me&password=@" + esc(password) + "&db=x", "me/one/Basic ", "db=x"},
		{"user of the address", strings.Replace(srv, "http://", "http://you@", 1) + "?p=@" + esc(password), "you/one/Basic ", ""},
		{"user of a file", srv + "?u=@" + esc(user) + "&p=@" + esc(password), "me/one/Basic ", ""},
		{"token", srv + "?token=@" + esc(token), "//Bearer", ""},
	} {
		heads, queries = nil, nil
		tr := open(t, tt.address, DialOptions{}).(Messenger)
		if err := tr.Deliver(t.Context(), []byte("a 1\n")); err != nil || len(heads) != 1 || heads[0] != tt.want || queries[0] != tt.query {
			t.Errorf("%s: %v, credentials %q, query %q", tt.name, err, heads, queries)
		}
		tr.Close()
	}

	tr := open(t, srv+"?u=me&p=@"+esc(password), DialOptions{}).(Messenger)
	defer tr.Close()
	for _, tt := range []struct{ text, want, err string }{
		{"two words are a password\r\n", "me/two words are a password/Basic ", ""},
		{"geheim\ngeheim\n", "", "more than one line"},
		{"", "", "is empty"},
		{"ö€", "me/ö€/Basic ", ""},
	} {
		heads = nil
		if err := writeText(password, tt.text); err != nil {
			t.Fatal(err)
		}
		err := tr.Deliver(t.Context(), []byte("a 1\n"))
		if tt.err == "" && (err != nil || len(heads) != 1 || heads[0] != tt.want) {
			t.Errorf("%q: %v, credentials %q", tt.text, err, heads)
		}
		if tt.err != "" && (err == nil || classify(err).kind != retry || !strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "geheim") || len(heads) > 0) {
			t.Errorf("%q: %v after %d requests, want %q", tt.text, err, len(heads), tt.err)
		}
	}
	if err := os.Remove(password); err != nil {
		t.Fatal(err)
	}
	if err := tr.Deliver(t.Context(), []byte("a 1\n")); err == nil || classify(err).kind != retry || !strings.Contains(err.Error(), "password file: open ") {
		t.Errorf("without the file: %v", err)
	}
	if err := writeText(user, "a:b"); err != nil {
		t.Fatal(err)
	}
	colon := open(t, srv+"?u=@"+esc(user)+"&p=@"+esc(token), DialOptions{}).(Messenger)
	defer colon.Close()
	if err := colon.Deliver(t.Context(), []byte("a 1\n")); err == nil || !strings.Contains(err.Error(), "a colon in the name of the user") {
		t.Errorf("a colon in the user's file: %v", err)
	}
}

func TestCredentialsThatContradictAreErrorsOfOpen(t *testing.T) {
	dir := url.QueryEscape(t.TempDir())
	for query, want := range map[string]string{
		"p=@x":                            "write username=NAME&password=@FILE",
		"u=a:b&p=@x":                      "a colon in the name of the user",
		"u=a&p=@" + dir:                   "password file: ",
		"u=@" + dir + "&p=@x":             "username file: ",
		"token=@" + dir:                   "token file: ",
		"token=@x&tokenfile=y":            "write one of them",
		"u=a&p=@x&token=@y":               "write one of them",
		"u=a&p=@x&tokenfile=y":            "write one of them",
		"user-of-the-address&password=@x": "write one of them",
	} {
		host := "http://h/?"
		if strings.HasPrefix(query, "user-of") {
			host = "http://u:geheim@h/?"
		}
		ep, err := endpoint.Parse(host+query, endpoint.Default{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(ep, DialOptions{}); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: Open returns %v, want %q", query, err, want)
		}
	}
}
