package endpoint

import (
	"strings"
	"testing"
)

func TestTakeGzip(t *testing.T) {
	for _, tt := range []struct {
		in        string
		byDefault bool
		rest      string // what is left of the address
		want      bool
		err       string
	}{
		{"http://h/w?db=x", true, "http://h/w?db=x", true, ""},
		{"http://h/w?db=x", false, "http://h/w?db=x", false, ""},
		{"http://h/w?gzip=off", true, "http://h/w", false, ""},
		{"http://h/w?gzip=on&db=x", false, "http://h/w?db=x", true, ""},
		{"http://h/w?b=%2F&gzip=off&a=1", true, "http://h/w?b=%2F&a=1", false, ""},
		{"http://h/w?db=gzip", true, "http://h/w?db=gzip", true, ""},
		{"tcp://h:1", true, "tcp://h:1", true, ""},
		{"http://h/w?gzip=no", true, "", false, "gzip=no is not known; write gzip=on or gzip=off"},
		{"http://h/w?gzip", true, "", false, "write gzip=on or gzip=off"},
		{"http://h/w?gzip=on&gzip=off", true, "", false, "write it once"},
	} {
		e, err := Parse(tt.in, bare)
		if err != nil {
			t.Errorf("%s: %v", tt.in, err)
			continue
		}
		rest, got, err := e.TakeGzip(tt.byDefault)
		switch {
		case tt.err != "":
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: the error is %v, want it to contain %q", tt.in, err, tt.err)
			}
		case err != nil || got != tt.want || rest.String() != tt.rest:
			t.Errorf("%s: %v, %v, %v", tt.in, rest, got, err)
		}
		if e.String() != tt.in {
			t.Errorf("%s is changed to %s", tt.in, e)
		}
	}
}
