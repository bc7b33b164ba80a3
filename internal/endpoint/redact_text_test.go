package endpoint

import (
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
		{"PASS hunter2", "PASS hunter2"}, // what no name or sign shows is not found
		// Words.
		{"curl -H Bearer abc next", "curl -H Bearer xxxxx next"},
		{"a eyJhbGciOi.eyJzdWIi.sig b", "a xxxxx b"},
		{"ghp_abcdefghij", "xxxxx"},
		{"AKIAIOSFODNN7EXAMPLE x", "xxxxx x"},
		{"key " + long + " 1", "key xxxxx 1"},
		// URLs.
		{"http://user:pass@host:8086/x", "http://xxxxx@host:8086/x"},
		{"http://user:p@ss/w?rd@host/x y", "http://xxxxx@host/x y"},
		{"redis://:pass@h", "redis://xxxxx@h"},
		{"http://user:pas", "http://xxxxx"},
		{"http://host:8086/write?db=x", "http://host:8086/write?db=x"},
		{"http://[::1]:8086/x", "http://[::1]:8086/x"},
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
		if again := RedactText(got, limit); again != got {
			t.Errorf("RedactText(%q, %d) = %q, and of that %q", text, limit, got, again)
		}
		if strings.ContainsAny(secret, " \t\r\n&\"'") || strings.Contains("password=xxxxx", secret) {
			return
		}
		if got := RedactText("password="+secret, 1000); got != "password=xxxxx" {
			t.Errorf("password=%q is %q", secret, got)
		}
	})
}
