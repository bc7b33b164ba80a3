package send

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"monkit.example/internal/faultsink"
)

// An encodingServer records the encodings of requests. respond, if it is not nil,
// returns the response to one: the status, the header Accept-Encoding unless it is
// "none", and a text.
type encodingServer struct {
	respond   func(encoding string) (status int, accepts, text string)
	encodings []string // of the requests; "-" is none
}

func (s *encodingServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	encoding := r.Header.Get("Content-Encoding")
	if encoding == "" {
		encoding = "-"
	}
	s.encodings = append(s.encodings, encoding)
	status, accepts, text := s.respond(encoding)
	if accepts != "none" {
		w.Header().Set("Accept-Encoding", accepts)
	}
	w.WriteHeader(status)
	if status != http.StatusNoContent {
		fmt.Fprint(w, text)
	}
}

func TestPayloadIsSentPlainIfTheServerTakesNoGzip(t *testing.T) {
	type responses = map[string]string // by encoding: status, Accept-Encoding, text
	const ok = "204,none,"
	for _, tt := range []struct {
		name      string
		responses responses
		encodings string // of the requests for two payloads
		want      kind   // of the second delivery
		stored    bool   // the second delivery succeeds
		refused   bool   // the server is remembered as one that takes no gzip
	}{
		{"gzip is taken", responses{"gzip": ok}, "gzip gzip", 0, true, false},
		{"gzip is taken, and the server says so", responses{"gzip": "204,gzip;q=1,"}, "gzip gzip", 0, true, false},
		{"415", responses{"gzip": "415,none,", "-": ok}, "gzip - -", 0, true, true},
		{"415 that lists other encodings", responses{"gzip": "415,zstd,", "-": ok}, "gzip - -", 0, true, true},
		{"415 that lists nothing", responses{"gzip": "415,,", "-": ok}, "gzip - -", 0, true, true},
		{"415 that lists gzip: the content type is wrong", responses{"gzip": "415,gzip,"}, "gzip gzip", permanent, false, false},
		{"415 to both", responses{"gzip": "415,none,", "-": "415,none,"}, "gzip - -", permanent, false, true},
		{"415, and then the token is wrong", responses{"gzip": "415,none,", "-": "401,none,"}, "gzip - -", retry, false, true},
		{"400 that lists other encodings", responses{"gzip": "400,identity,", "-": ok}, "gzip - -", 0, true, true},
		{"other encodings are listed, but all is stored", responses{"gzip": "204,identity,", "-": ok}, "gzip -", 0, true, true},
		{"other encodings are listed, and the server is busy", responses{"gzip": "503,identity,", "-": ok}, "gzip -", 0, true, true},
		{"400 of invalid UTF-8", responses{"gzip": "400,none,Invalid UTF-8 sequence", "-": ok}, "gzip - -", 0, true, true},
		{"400 of an encoding", responses{"gzip": "400,none,unknown Content-Encoding", "-": ok}, "gzip - -", 0, true, true},
		{"400 of compression", responses{"gzip": `400,none,{"message":"cannot decompress"}`, "-": ok}, "gzip - -", 0, true, true},
		{"422 of gzip", responses{"gzip": "422,none,gzip: invalid header", "-": ok}, "gzip - -", 0, true, true},
		{"400 that quotes the compressed bytes", responses{"gzip": `400,none,{"error":"unable to parse '\u001f\ufffd': missing fields"}`, "-": ok}, "gzip - -", 0, true, true},
		{"400 of invalid UTF-8 to both: a line is wrong", responses{"gzip": "400,none,invalid UTF-8", "-": "400,none,invalid UTF-8"}, "gzip - gzip", split, false, false},
		{"400 of encoding, and then of a line", responses{"gzip": "400,none,gzip", "-": "400,none,unable to parse"}, "gzip - -", split, false, true},
		{"400 of encoding, and then some lines are stored", responses{"gzip": "400,none,gzip", "-": "400,none,partial write: dropped=1"}, "gzip - -", partial, false, true},
		{"400 of encoding, and then the server is busy", responses{"gzip": "400,none,gzip", "-": "503,none,"}, "gzip - gzip -", retry, false, false},
		{"400 of something else", responses{"gzip": "400,none,unable to parse"}, "gzip gzip", split, false, false},
		{"a line that speaks of encodings", responses{"gzip": "400,none,unable to parse 'line.0 1 1700000000': gz"}, "gzip gzip", split, false, false},
		{"500 of an encoding may be anything", responses{"gzip": "500,none,gzip"}, "gzip gzip", ambiguous, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &encodingServer{respond: func(encoding string) (status int, accepts, text string) {
				parts := strings.SplitN(tt.responses[encoding], ",", 3)
				if len(parts) < 3 {
					t.Errorf("unexpected encoding %q", encoding)
					return 500, "none", ""
				}
				fmt.Sscan(parts[0], &status)
				return status, parts[1], parts[2]
			}}
			tr := open(t, newServer(t, s.ServeHTTP), DialOptions{Gzip: true}).(Messenger)
			defer tr.Close()
			tr.Deliver(t.Context(), numbered(0, 100)) // the second delivery shows what was learned
			err := tr.Deliver(t.Context(), numbered(0, 100))
			if got := strings.Join(s.encodings, " "); got != tt.encodings {
				t.Errorf("encodings %q, want %q", got, tt.encodings)
			}
			if (err == nil) != tt.stored || err != nil && classify(err).kind != tt.want {
				t.Errorf("the second delivery: %v, want kind %d", err, tt.want)
			}
			if got := stats(tr.(statser))["gzip_refusals"]; (got == 1) != tt.refused {
				t.Errorf("%v refusals of gzip", got)
			}
		})
	}
}

// A server that rejects a line for its UTF-8 is asked once more only after it has
// accepted a compressed payload.
func TestPlainIsTriedAgainAfterGzipWasAccepted(t *testing.T) {
	var status []int // of the next responses
	s := &encodingServer{respond: func(string) (int, string, string) {
		code := status[0]
		status = status[1:]
		return code, "none", "invalid UTF-8"
	}}
	tr := open(t, newServer(t, s.ServeHTTP), DialOptions{Gzip: true}).(Messenger)
	defer tr.Close()
	status = []int{400, 400, 400, 204, 400, 204, 204}
	for range 5 {
		tr.Deliver(t.Context(), numbered(0, 100)) // the encodings show what was learned
	}
	if got, want := strings.Join(s.encodings, " "), "gzip - gzip gzip gzip - -"; got != want {
		t.Errorf("encodings %q, want %q", got, want)
	}
}

// A search for a rejected line posts small bodies without gzip, which say nothing
// about it.
func TestSmallBodiesSayNothingAboutGzip(t *testing.T) {
	sink := faultsink.NewHTTP(t, faultsink.Refuses(415, ""), faultsink.OK())
	tr := open(t, "http://"+sink.Addr(), DialOptions{Gzip: true}).(Messenger)
	defer tr.Close()
	if err := tr.Deliver(t.Context(), numbered(0, 1)); err == nil || classify(err).kind != permanent {
		t.Errorf("415 to a plain body: %v", err)
	}
	if sink.Visits() != 1 || !tr.(*httpTransport).gzip.on {
		t.Errorf("%d requests, gzip is on: %v", sink.Visits(), tr.(*httpTransport).gzip.on)
	}
}

func TestListsGzip(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want bool
	}{
		{"gzip", true}, {"GZIP", true}, {"x-gzip", true}, {"*", true}, {"deflate, gzip;q=0.5", true}, {"zstd|gzip", true}, {"*;q=0|gzip", true},
		{"", false}, {"identity", false}, {"gzip;q=0", false}, {"gzip; Q=0.000", false}, {"gzip;q=0, *", false}, {"*;q=0", false}, {"gzipped", false},
		{"gzip;q=x", true}, {"gzip;level=0", true},
	} {
		if got := listsGzip(strings.Split(tt.in, "|")); got != tt.want {
			t.Errorf("listsGzip(%q) = %v", tt.in, got)
		}
	}
}
