package present_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"

	"monkit.example/monkit"
	"monkit.example/present"
)

func FuzzFromRequest(f *testing.F) {
	for _, path := range append(present.Paths(), "/trace/svg", "/trace/remote", "", "//", "/funcs//", "/nope", "funcs/json/x", "/\x00", "/\xff") {
		for _, query := range []string{"", "format=html&q=a+b&sort=calls", "format=%00", "regex=(&trace_id=-1"} {
			f.Add(path, query)
		}
	}
	r := monkit.NewRegistry()
	s := r.ScopeNamed("s")
	s.FuncNamed("F")
	s.Counter("c").Inc(1)
	f.Fuzz(func(t *testing.T, path, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		write, contentType, err := present.FromRequest(r, path, values)
		if err != nil {
			checkClientError(t, err)
			return
		}
		if values.Has("regex") || values.Has("trace_id") {
			return // the page would wait for a trace
		}
		checkPage(t, write, contentType)
	})
}

func checkClientError(t *testing.T, err error) {
	status := errorStatus(nil)
	if !errors.As(err, &status) || status.StatusCode() < 400 || status.StatusCode() > 499 {
		t.Errorf("%v has no status of a client error", err)
	}
	if strings.ContainsAny(err.Error(), "\r\n\x00") {
		t.Errorf("%q has control characters", err)
	}
}

func checkPage(t *testing.T, write present.Result, contentType string) {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(contentType, "application/json") && !json.Valid(b.Bytes()) {
		t.Errorf("not JSON:\n%s", b.Bytes())
	}
	if contentType == "" {
		t.Error("no content type")
	}
}
