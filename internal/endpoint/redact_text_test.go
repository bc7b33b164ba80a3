package endpoint

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestTextsShowNoCredentials(t *testing.T) {
	long := "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MEFCQ0RFRkdISUpLTE1OT1A=="
	for _, tt := range []struct{ text, want string }{
		// Headers of HTTP, of clients that were pointed at a port for lines.
		{"Authorization: Token abc", "Authorization: xxxxx"},
		{"authorization:Basic dXNlcjpwYXNz\r", "authorization:xxxxx"},
		{"Authorization: Bearer a.b.c", "Authorization: xxxxx"},
		{"Proxy-Authorization: Digest username=\"bob\", response=\"abc\"", "Proxy-Authorization: xxxxx"},
		{"Cookie: session=abc; other=def", "Cookie: xxxxx"},
		{"Set-Cookie: id=a3fWa", "Set-Cookie: xxxxx"},
		{"X-Api-Key: abc", "X-Api-Key: xxxxx"},
		{"X-Auth-Token: abc", "X-Auth-Token: xxxxx"},
		{"X-Vault-Token: s.abc", "X-Vault-Token: xxxxx"},
		{"api_key: abc", "api_key: xxxxx"},
		{"GET /write?u=admin&p=secret&db=x HTTP/1.1", "GET /write?u=xxxxx&p=xxxxx&db=x HTTP/1.1"},
		{"POST /api/v2/write?token=abc HTTP/1.1", "POST /api/v2/write?token=xxxxx HTTP/1.1"},
		{"Host: example.com:8086", "Host: example.com:8086"},
		// Settings, forms, JSON and commands.
		{"password=hunter2", "password=xxxxx"},
		{"PASSWORD = hunter2 next", "PASSWORD = xxxxx next"},
		{"MYSQL_PASSWORD=hunter2", "MYSQL_PASSWORD=xxxxx"},
		{"db.passwd=hunter2", "db.passwd=xxxxx"},
		{"password: hunter2", "password: xxxxx"},
		{`password="two words" x=1`, `password="xxxxx" x=1`},
		{`password="a\"b" x=1`, `password="xxxxx" x=1`},
		{`password="unfinished`, `password="xxxxx`},
		{`{"user":"bob","password":"abc","n":1}`, `{"user":"bob","password":"xxxxx","n":1}`},
		{"pass%77ord=x", "pass%77ord=xxxxx"},
		{"token=abc", "token=xxxxx"},
		{"a=b=token=abc", "a=b=token=xxxxx"},
		{"cpu,token=abc,host=a value=x", "cpu,token=xxxxx value=x"},
		{"client_secret=abc&grant_type=x", "client_secret=xxxxx&grant_type=x"},
		{"aws_secret_access_key=wJalr", "aws_secret_access_key=xxxxx"},
		{"hunter2", "hunter2"}, // what no name or sign shows is not found
		// Words.
		{"curl -H Bearer abc next", "curl -H Bearer xxxxx next"},
		{"a eyJhbGciOi.eyJzdWIi.sig b", "a xxxxx b"},
		{"ghp_abcdefghij", "xxxxx"},
		{"AKIAIOSFODNN7EXAMPLE x", "xxxxx x"},
		{"key " + long + " 1", "key xxxxx 1"},
		{"GET /services/T0/B0/abcdefghijKLMNOPQRST0123 x", "GET xxxxx x"},
		// URLs.
		{"http://user:pass@host:8086/x", "http://xxxxx@host:8086/x"},
		{"http://user:p@ss/w?rd@host/x y", "http://xxxxx@host/x y"},
		{"redis://:pass@h", "redis://xxxxx@h"},
		{"http://user:pas", "http://xxxxx"},
		{"http://host:8086/write?db=x", "http://host:8086/write?db=x"},
		{"http://[::1]:8086/x", "http://[::1]:8086/x"},
		{"moved to http://host:8086; write that", "moved to http://host:8086; write that"},
		{"(dial http://host:8086): down", "(dial http://host:8086): down"},
		// Lines of metrics that are merely wrong stay.
		{"", ""},
		{"servers.web01.requests.count one 1700000000", "servers.web01.requests.count one 1700000000"},
		{"auth.requests:5|q", "auth.requests:5|q"},
		{"tokens_total:5|q", "tokens_total:5|q"},
		{"token 5 x", "token 5 x"},
		{"user:1|q|#env:prod", "user:1|q|#env:prod"},
		{"cpu,host=a value=x 17", "cpu,host=a value=x 17"},
		{strings.Repeat("averylongnamewithoutdigits_", 3), strings.Repeat("averylongnamewithoutdigits_", 3)},
		{"deadbeef01234567deadbeef01234567deadbeef01234567", "deadbeef01234567deadbeef01234567deadbeef01234567"},
	} {
		if got := strings.TrimSuffix(RedactText(tt.text, 200), "\r"); got != tt.want {
			t.Errorf("RedactText(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

// Names of headers, settings and tags are made of words, of which the last says that
// the value is a credential.
func TestTextsHideValuesByTheLastWordOfTheirName(t *testing.T) {
	for _, name := range []string{
		"X-Auth", "Proxy-Auth", "X-Key", "X-Access-Key", "secretKey", "accessKeyId", "awsSecretAccessKey", "AWS_SECRET_ACCESS_KEY", "sshKey2",
		"jwt", "session", "user_session", "sessionId", "SESSION_ID", "sig", "x-sig", "pw", "db_pw", "dbPw", "Bearer", "smtp_pass", "dbpass", "user_pass",
		"db_pwd", "mypassword", "oauth", "clientSecret", "refreshToken", "apiKey", "x.api.key", "password_",
	} {
		for text, want := range map[string]string{
			name + ":hunter2":                  name + ":xxxxx",
			name + ": hunter2 hunter3":         name + ": xxxxx",
			"m:5|q|#" + name + ":hunter2":      "m:5|q|#" + name + ":xxxxx",
			`{"` + name + `":"hunter2","n":1}`: `{"` + name + `":"xxxxx","n":1}`,
			"x --" + name + " hunter2 y":       "x --" + name + " xxxxx y",
		} {
			if got := RedactText(text, 200); got != want {
				t.Errorf("RedactText(%q) = %q, want %q", text, got, want)
			}
		}
	}
}

// A credential may be inside of JSON, of a URL, or of a command.
func TestTextsHideNestedCredentials(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{`{"e":"{\"password\":\"hunter2\",\"n\":1}"}`, `{"e":"{\"password\":\"xxxxx\",\"n\":1}"}`},
		{`{\"password\": \"a\\\"hunter2\"}`, `{\"password\": \"xxxxx\"}`},
		{`\\\"password\\\":\\\"hunter2\\\" x`, `\\\"password\\\":\\\"xxxxx\\\" x`},
		{`password=\"hunter2\" x`, `password=\"xxxxx\" x`},
		{"q=password%3Dhunter2%26n%3D1", "q=password%3Dxxxxx%26n%3D1"},
		{"a%3Db%26pass%77ord%253dhunter2&n=1", "a%3Db%26pass%77ord%253dxxxxx&n=1"},
		{"AUTH hunter2", "AUTH xxxxx"},
		{"auth default hunter2\r", "auth xxxxx"},
		{"USER bob\nPASS hunter2\nQUIT", "USER bob\nPASS xxxxx\nQUIT"},
		{"AUTH PLAIN AGJvYgBodW50ZXIy", "AUTH xxxxx"},
		{`mysql --password "two words" -h x`, `mysql --password "xxxxx" -h x`},
		{`{"key":"password","value":{"stringValue":"hunter2"}}`, `{"key":"password","value":{"stringValue":"xxxxx"}}`},
		{`{"key": "api_key", "value": {"stringValue": "hunter2"}, "x": 1}`, `{"key": "api_key", "value": {"stringValue": "xxxxx"}, "x": 1}`},
		{`{"name":"token","value":"hunter2"}`, `{"name":"token","value":"xxxxx"}`},
		{`{\"key\":\"password\",\"value\":{\"stringValue\":\"hunter2\"}}`, `{\"key\":\"password\",\"value\":{\"stringValue\":\"xxxxx\"}}`},
	} {
		if got := RedactText(tt.text, 200); got != tt.want {
			t.Errorf("RedactText(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestTextsKeepWhatIsNoCredential(t *testing.T) {
	for _, text := range []string{
		"session:5|c", "auth:3|c|x", "db.token:17.5|ms|@0.1", "login.session:-1|g", // readings of StatsD
		"m:x|c|#session_count:5,key:a,monkey:b,sign:c,sessions:9,passed:3,author:d,keyboard:e",
		"auth 5 1700000000", "pass 5 1700000000", "auth.rate x 1700000000",
		"token file: open /run/x: no such file or directory", "password file: open none/password: no such file or directory",
		`open C:\run\token: The system cannot find the file`,
		"no token yet", "a token at most 5", "/home/Alice1/Observability/relay/credentials/Influx2", "token expired", "invalid token: ", "Basic authentication required", "auth failed: wrong user",
		`{"key":"host","value":{"stringValue":"a"}}`,
		"rm -r key x", "a%3Db%26c%3Dd",
	} {
		if got := RedactText(text, 200); got != text {
			t.Errorf("RedactText(%q) = %q", text, got)
		}
	}
}

// Each name whose value an address hides is hidden in texts too.
func TestTextsHideWhatAddressesHide(t *testing.T) {
	for _, name := range slices.Concat(secretNames, secretParts) {
		if got := RedactText("x "+name+"=hunter2 y", 200); !strings.HasPrefix(got, "x "+name+"=xxxxx") || strings.Contains(got, "hunter2") {
			t.Errorf("the text is %q", got)
		}
	}
}

func TestErrorsAboutALineShowNoCredentials(t *testing.T) {
	line, about := RedactLine("cpu,token=hunter2 v=x", `tag "hunter2" and password=abc are wrong`, 30)
	if line != "cpu,token=xxxxx v=x" || about != `tag "xxxxx" and password=xxxxx` {
		t.Errorf("%q, %q", line, about)
	}
}

func TestTextsAreCutBetweenCharacters(t *testing.T) {
	for _, tt := range []struct {
		text  string
		limit int
		want  string
	}{
		{"abc", 3, "abc"}, {"abcd", 3, "abc"}, {"abé", 3, "ab"}, {"ab€", 4, "ab"}, {"€", 0, ""}, {"\xbf\xbf\xbf\xbf\xbf\xbf", 5, "\xbf\xbf\xbf\xbf\xbf"},
		{"token=a", 9, "token=xxx"},
	} {
		if got := RedactText(tt.text, tt.limit); got != tt.want {
			t.Errorf("RedactText(%q, %d) = %q, want %q", tt.text, tt.limit, got, tt.want)
		}
	}
}

func FuzzRedactText(f *testing.F) {
	for _, text := range []string{
		"Authorization: Token abc", `password="a b" x`, "u=a&p=b", "http://u:p@h/x", "Bearer Basic eyJabcdefgh", "token=token=a b", "a 1 2", "AKIAIOSFODNN7EXAMPLE",
	} {
		f.Add(text, "hunter2", 200)
	}
	f.Fuzz(func(t *testing.T, text, secret string, limit int) {
		limit = min(max(limit, 0), 1000)
		got := RedactText(text, limit)
		if len(got) > limit {
			t.Errorf("RedactText(%q, %d) has %d bytes", text, limit, len(got))
		}
		whole := RedactText(text, math.MaxInt)
		if again := RedactText(whole, math.MaxInt); again != whole {
			t.Errorf("RedactText(%q) = %q, and of that %q", text, whole, again)
		}
		if !strings.HasPrefix(whole, got) {
			t.Errorf("RedactText(%q, %d) = %q", text, limit, got)
		}
		if strings.ContainsAny(secret, " \t\r\n&\"'") || strings.Contains("password=xxxxx", secret) {
			return
		}
		if got := RedactText("password="+secret, 1000); got != "password=xxxxx" {
			t.Errorf("password=%q is %q", secret, got)
		}
	})
}
