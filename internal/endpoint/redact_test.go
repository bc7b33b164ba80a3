package endpoint

import (
	"strings"
	"testing"
)

// Parameters whose values are credentials, as they are called by InfluxDB, by
// proxies, by clouds and in headers.
var secretsToMask = []string{
	"u", "p", "user", "username", "password", "passwd", "pass", "passphrase", "pwd", "pw", "PASS", "Pass-Word", "db_password", "userpass",
	"auth", "Authorization", "proxy-authorization", "authToken", "x-auth", "bearer", "cred", "credential", "credentials",
	"key", "apikey", "api_key", "api-key", "API.KEY", "access_key", "accessKeyId", "AWSAccessKeyId", "private_key", "DD-API-KEY", "license_key",
	"secret", "client_secret", "token", "access_token", "X-Vault-Token", "jwt", "session", "sessionid", "sid", "sig", "signature", "X-Amz-Signature",
	"cookie", "login", "otp", "%70", "p%61ss", "%2570", "to%6Ben", "api%5Fkey", "api%2Dkey",
}

var namesToShow = []string{
	"", "db", "org", "bucket", "precision", "rp", "consistency", "idle", "mode", "rcvbuf", "gzip", "servername", "x", "up", "uu", "pp", "name", "to",
}

func TestSecretsAreKnownByTheirNames(t *testing.T) {
	for _, name := range secretsToMask {
		if !IsSecret(name) {
			t.Errorf("%q is not a secret", name)
		}
	}
	for _, name := range namesToShow {
		if IsSecret(name) {
			t.Errorf("%q is a secret", name)
		}
	}
}

func TestRedactMasksSecretsAndShowsTheRest(t *testing.T) {
	for in, want := range map[string]string{
		"http://h:1/write?db=x&pass=geheim":                 "http://h:1/write?db=x&pass=xxxxx",
		"http://h:1/write?auth=geheim&db=x":                 "http://h:1/write?auth=xxxxx&db=x",
		"http://h/?Authorization=Bearer+geheim&db=x":        "http://h/?Authorization=xxxxx&db=x",
		"http://h/?Authorization=Bearer geheim&db=x":        "http://h/?Authorization=xxxxx&db=x",
		"http://h/?db=x;p=geheim":                           "http://h/?db=x;p=xxxxx",
		"http://h/?p=geheim;db=geheim&x=1":                  "http://h/?p=xxxxx&x=1",
		"http://h/#access_token=geheim":                     "http://h/#access_token=xxxxx",
		"http://u:?p=a&geheim@h/":                           "http://xxxxx@h/",
		"token=geheim":                                      "token=xxxxx",
		"http://h/?%50=geheim&Api-Key=geheim&x=y":           "http://h/?%50=xxxxx&Api-Key=xxxxx&x=y",
		"http://h/?a=b=c&p=a=b=geheim":                      "http://h/?a=b=c&p=xxxxx",
		"http://h/?p=&db=x":                                 "http://h/?p=&db=x",
		"influx+http://h/?token=@/run/token":                "influx+http://h/?token=xxxxx",
		"influx+http://u:geheim@h/?token=@/run/token":       "influx+http://xxxxx@h/?token=xxxxx",
		"http://u:geheim?x=@h/":                             "http://xxxxx@h/",
		"post \"http://h/?p=geheim\": refused":              "post \"http://h/?p=xxxxx",
		"graphite+tls://:1?cert=/c&idle=5s":                 "graphite+tls://:1?cert=/c&idle=5s",
		"graphite+tcp://h:1#2":                              "graphite+tcp://h:1#2",
		"influx+http://h:8086/write?db=x&precision=ns&rp=y": "influx+http://h:8086/write?db=x&precision=ns&rp=y",
	} {
		if got := Redact(in); got != want {
			t.Errorf("Redact(%q) = %q, want %q", in, got, want)
		}
	}
}

// The identity of a destination must not change with a version, unless it would
// show a credential.
func TestFormerDestinationsAreKnown(t *testing.T) {
	for in, want := range map[string]string{
		"graphite+tcp://h:1":                       "tcp://h:1",
		"http://u:p@h/write?db=x&u=a&p=b":          "http://xxxxx:xxxxx@h:80/write?db=x&u=xxxxx&p=xxxxx",
		"http://h/write?db=x&pass=a&Token=b&%70=c": "http://h:80/write?db=x&pass=a&Token=xxxxx&%70=xxxxx",
	} {
		e, err := Parse(in, bare)
		if err != nil || e.FormerDestination() != want {
			t.Errorf("%s: %q, %v, want %q", in, e.FormerDestination(), err, want)
		}
		if same := e.Destination() == want; same != !strings.Contains(in, "pass") {
			t.Errorf("%s: the destination is %q", in, e.Destination())
		}
	}
}

func TestNamesOfListenersHaveNoOptions(t *testing.T) {
	for in, want := range map[string]string{
		"graphite+tls://:1?cert=/etc/a.pem&key=/etc/b.key&idle=5s": "graphite+tls://:1",
		"statsd+unixgram:///run/s?mode=0660":                       "statsd+unixgram:///run/s",
	} {
		if e, err := Parse(in, relayListen); err != nil || e.Name() != want {
			t.Errorf("the name of %s is %q, %v", in, e.Name(), err)
		}
	}
}

func TestCredentialsInFilesAreOptions(t *testing.T) {
	for _, tt := range []struct {
		query string
		want  string // of the options
		rest  string // for the server
		err   string
	}{
		{"db=x&token=@/run/t", "token=@%2Frun%2Ft", "db=x", ""},
		{"db=x&token=@t%20t", "token=@t+t", "db=x", ""},
		{"u=me&p=@/run/p&db=x", "password=@%2Frun%2Fp&username=xxxxx", "db=x", ""},
		{"username=@/run/u&password=@/run/p", "password=@%2Frun%2Fp&username=@%2Frun%2Fu", "", ""},
		{"pass=@p&user=me", "password=@p&username=xxxxx", "", ""},
		{"db=x&u=me&p=geheim", "", "db=x&u=me&p=geheim", ""},
		{"db=x&p=%40geheim", "", "db=x&p=%40geheim", ""},
		{"db=@x", "", "db=@x", ""},
		{"token=@a&token=@b", "", "", `option "token" stands there more than once; write it once`},
		{"p=@a&password=@b", "", "", `option "password" stands there more than once; write it once`},
		{"token=@", "", "", `option "token" has no file; write token=@FILE`},
		{"p=@%zz", "", "", `option "p" cannot be read`},
	} {
		for _, scheme := range []string{"http://h/", "https://h/"} {
			e, err := Parse(scheme+"?"+tt.query, bare)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("%s: the error is %v, want %q", tt.query, err, tt.err)
				}
				continue
			}
			if err != nil || maskOptions(e.Options) != tt.want || e.URL.RawQuery != tt.rest {
				t.Errorf("%s: options %q, query %q, %v, want %q and %q", tt.query, maskOptions(e.Options), e.URL.RawQuery, err, tt.want, tt.rest)
			}
		}
	}
	if _, err := Parse("tcp://h:1?token=@t", bare); err == nil {
		t.Error("tcp has a token")
	}
}

func TestAddressesThatShowCredentials(t *testing.T) {
	for in, want := range map[string]bool{
		"http://u:geheim@h/": true, "http://geheim@h/": true, "http://h/?u=me&p=geheim": true, "http://h/?token=geheim": true, "http://h/?x=1;p%61ss=geheim": true,
		"http://h/?key=geheim": true, "http://h/?Authorization=x": true,
		"http://h/?db=x": false, "http://h/?u=me": false, "http://h/?token=@/f": false, "http://me@h/?password=@/f": false, "http://h/?u=me&p=@/f": false,
		"https://h/?cert=c&key=k&tokenfile=t": false, "tls://h:1?cert=c&key=k": false, "tcp://h:1": false, "http://h/?p=": false,
	} {
		e, err := Parse(in, bare)
		if err != nil || e.ShowsCredentials() != want {
			t.Errorf("%s shows credentials: %v, %v, want %v", in, e.ShowsCredentials(), err, want)
		}
	}
}

// No spelling of a secret's name and no value gets past Redact and the texts of an
// Endpoint.
func FuzzRedact(f *testing.F) {
	f.Add(uint(0), uint(0), "x", "y", false)
	f.Add(uint(7), uint(1), ";p=", "@h/?", true)
	f.Add(uint(50), uint(1), "a b\"", "#=", true)
	f.Fuzz(func(t *testing.T, name, separator uint, before, after string, upper bool) {
		if strings.ContainsAny(before, "&\n") {
			t.Skip("these end a value")
		}
		key := secretsToMask[name%uint(len(secretsToMask))]
		if upper && !strings.Contains(key, "%") {
			key = strings.ToUpper(key)
		}
		in := "influx+http://h:1/write?db=x" + []string{"&", ";"}[separator%2] + key + "=" + before + "geheim" + after
		once := Redact(in)
		if strings.Contains(once, "geheim") {
			t.Fatalf("Redact(%q) = %q", in, once)
		}
		if again := Redact(once); again != once {
			t.Fatalf("Redact(%q) = %q", once, again)
		}
		e, err := Parse(in, Default{})
		shown := []string{textOf(err), e.String(), e.Destination(), e.Name()}
		if strings.HasPrefix(before, "@") {
			shown = nil // the name of a file
		}
		for _, text := range shown {
			if strings.Contains(text, "geheim") {
				t.Fatalf("%q is shown as %q", in, text)
			}
		}
	})
}
