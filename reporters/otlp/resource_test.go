package otlp

import (
	"log/slog"
	"os"
	"strings"
	"testing"
)

// attributes returns the resource of o.
func attributes(o Options) map[string]string {
	all := map[string]string{}
	for _, attr := range o.resource() {
		all[attr.Key] = attr.Val
	}
	return all
}

func TestResource(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Skip("the machine has no name: ", err)
	}
	for _, tt := range []struct {
		name, service, attrs string // of the environment
		o                    Options
		want                 map[string]string // "" if there is none
	}{
		{"defaults", "", "", Options{}, map[string]string{"service.name": "otlp.test", "host.name": host, "telemetry.sdk.name": "monkit", "telemetry.sdk.language": "go"}},
		{"attributes of the environment", "", " service.name = shop , a%b=x%2Cy=%20z ,", Options{}, map[string]string{"service.name": "otlp.test"}},
		{"attributes of the environment are unescaped", "", " service.name = shop , k=x%2Cy=%20z", Options{}, map[string]string{"service.name": "shop", "k": "x,y= z"}},
		{"the environment's name wins over its attributes", "till", "service.name=shop,k=v", Options{}, map[string]string{"service.name": "till", "k": "v"}},
		{"options win over the environment", "till", "k=v", Options{Service: "Shop", Resource: map[string]string{"k": "w", "n": "1"}}, map[string]string{"service.name": "Shop", "k": "w", "n": "1"}},
		{"an empty value removes an attribute", "", "k=v", Options{Resource: map[string]string{"k": "", "host.name": ""}}, map[string]string{"k": "", "host.name": ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("OTEL_SERVICE_NAME", tt.service)
			t.Setenv("OTEL_RESOURCE_ATTRIBUTES", tt.attrs)
			got := attributes(tt.o)
			for key, want := range tt.want {
				if got[key] != want {
					t.Errorf("%s is %q, want %q", key, got[key], want)
				}
			}
			if id := got["service.instance.id"]; !strings.HasPrefix(id, host+":") || id == host+":" {
				t.Errorf("service.instance.id is %q", id)
			}
		})
	}
}

func TestInvalidEnvironmentIsLogged(t *testing.T) {
	for value, want := range map[string]string{"k": "write key=value", "=v": "write key=value", "a=b,,": "write key=value", "k=%zz": "write a % as %25"} {
		t.Setenv("OTEL_RESOURCE_ATTRIBUTES", value)
		var log strings.Builder
		o := Options{}
		o.Send.Logger = slog.New(slog.NewTextHandler(&log, nil))
		if got := attributes(o); got["k"] != "" || got["a"] != "" || got["service.name"] == "" {
			t.Errorf("%q: %v", value, got)
		}
		if !strings.Contains(log.String(), "OTEL_RESOURCE_ATTRIBUTES is ignored") || !strings.Contains(log.String(), want) {
			t.Errorf("%q: logged %q, want %q", value, &log, want)
		}
	}
}

func FuzzParseAttributes(f *testing.F) {
	for _, s := range []string{"", " ", "a=b", "a=b,c=d%2C", "a", ",", "a=%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		attrs, err := parseAttributes(s)
		if err != nil && attrs != nil {
			t.Errorf("%q: both %v and %v", s, attrs, err)
		}
		for _, attr := range attrs {
			if attr.Key == "" || attr.Key != strings.TrimSpace(attr.Key) {
				t.Errorf("%q: the key %q", s, attr.Key)
			}
		}
	})
}
