package monkithttp

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// The ids that the headers of these tests have.
const (
	high  = "0af7651916cd43dd"
	low   = "8448eb211c80319c"
	whole = high + low
	span  = "b7ad6b7169203331"
)

// header returns the http.Header with these "name: value" lines.
func header(lines ...string) http.Header {
	h := make(http.Header)
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		h.Add(name, value)
	}
	return h
}

// show returns p as text: its ids, decision and origin.
func show(p parent) string {
	s := "none"
	if p.known {
		s = fmt.Sprintf("%016x%016x %016x", p.high, p.trace, p.span)
	}
	s += [...]string{" ?", " no", " yes"}[p.decision]
	if p.origin.Random {
		s += " random"
	}
	if p.origin.Debug {
		s += " debug"
	}
	if p.origin.State != "" {
		s += " {" + p.origin.State + "}"
	}
	return s
}

func TestExtractReadsTheFirstValidFormat(t *testing.T) {
	const std = "traceparent: 00-" + whole + "-" + span + "-01"
	zero16, zero32 := strings.Repeat("0", 16), strings.Repeat("0", 32)
	for _, tt := range []struct {
		name  string
		lines []string
		want  string
	}{
		{"no headers", nil, "none ?"},
		{"sampled", []string{std}, whole + " " + span + " yes"},
		{"not sampled", []string{"traceparent: 00-" + whole + "-" + span + "-00"}, whole + " " + span + " no"},
		{"random", []string{"traceparent: 00-" + whole + "-" + span + "-03"}, whole + " " + span + " yes random"},
		{"unknown flags", []string{"traceparent: 00-" + whole + "-" + span + "-fc"}, whole + " " + span + " no"},
		{"no low half", []string{"traceparent: 00-" + high + zero16 + "-" + span + "-01"}, high + zero16 + " " + span + " yes"},
		{"later version", []string{"traceparent: cc-" + whole + "-" + span + "-01"}, whole + " " + span + " yes"},
		{"later version with more", []string{"traceparent: cc-" + whole + "-" + span + "-01-what"}, whole + " " + span + " yes"},
		{"later version with no dash", []string{"traceparent: cc-" + whole + "-" + span + "-01what"}, "none ?"},
		{"version 00 with more", []string{"traceparent: 00-" + whole + "-" + span + "-01-what"}, "none ?"},
		{"version ff", []string{"traceparent: ff-" + whole + "-" + span + "-01"}, "none ?"},
		{"bad version", []string{"traceparent: .0-" + whole + "-" + span + "-01"}, "none ?"},
		{"upper case", []string{"traceparent: 00-" + strings.ToUpper(whole) + "-" + span + "-01"}, "none ?"},
		{"no trace", []string{"traceparent: 00-" + zero32 + "-" + span + "-01"}, "none ?"},
		{"no span", []string{"traceparent: 00-" + whole + "-" + zero16 + "-01"}, "none ?"},
		{"trace too short", []string{"traceparent: 00-" + whole[1:] + "-" + span + "-01"}, "none ?"},
		{"trace too long", []string{"traceparent: 00-" + whole + "a-" + span + "-01"}, "none ?"},
		{"span too short", []string{"traceparent: 00-" + whole + "-" + span[1:] + "-01"}, "none ?"},
		{"flags too short", []string{"traceparent: 00-" + whole + "-" + span + "-1"}, "none ?"},
		{"bad flags", []string{"traceparent: 00-" + whole + "-" + span + "-.0"}, "none ?"},
		{"underscores", []string{"traceparent: 00_" + whole + "_" + span + "_01"}, "none ?"},
		{"twice", []string{std, std}, "none ?"},

		{"form of monkit/v3", []string{"traceparent: 00-0000000000000001-00000002-1"}, strings.Repeat("0", 31) + "1 0000000000000002 yes"},
		{"form of monkit/v3, not sampled", []string{"traceparent: 00-0000000000000001-00000002-0"}, strings.Repeat("0", 31) + "1 0000000000000002 no"},
		{"form of monkit/v3, span of 64 bits", []string{"traceparent: 00-" + low + "-" + span + "-01"}, zero16 + low + " " + span + " yes"},
		{"form of monkit/v3, negative", []string{"traceparent: 00--000000000000001-00000002-1"}, "none ?"},
		{"form of monkit/v3, other flags", []string{"traceparent: 00-" + low + "-" + span + "-fe"}, zero16 + low + " " + span + " no"},
		{"form of monkit/v3, short trace", []string{"traceparent: 00-" + low[1:] + "-" + span + "-1"}, "none ?"},
		{"form of monkit/v3, short span", []string{"traceparent: 00-" + low + "-0000002-1"}, "none ?"},
		{"form of monkit/v3, long span", []string{"traceparent: 00-" + low + "-" + span + "0-1"}, "none ?"},
		{"form of monkit/v3, long flags", []string{"traceparent: 00-" + low + "-" + span + "-001"}, "none ?"},
		{"form of monkit/v3, other version", []string{"traceparent: 01-" + low + "-" + span + "-1"}, "none ?"},
		{"form of monkit/v3, zero", []string{"traceparent: 00-" + zero16 + "-00000002-1"}, "none ?"},

		{"state", []string{std, "tracestate: a=1, b@c=2 ,,"}, whole + " " + span + " yes {a=1,b@c=2}"},
		{"states", []string{std, "tracestate: a=1", "tracestate: b=2"}, whole + " " + span + " yes {a=1,b=2}"},
		{"bad state", []string{std, "tracestate: a=1,B=2"}, whole + " " + span + " yes"},
		{"state twice", []string{std, "tracestate: a=1,a=2"}, whole + " " + span + " yes"},
		{"states of one key", []string{std, "tracestate: a=1,b=1", "tracestate: a=1"}, whole + " " + span + " yes"},
		{"empty states", []string{std, "tracestate: ", "tracestate: a=1", "tracestate: "}, whole + " " + span + " yes {a=1}"},
		{"state with spaces and tabs", []string{std, "tracestate: \t a=1 \t , \t b= 2"}, whole + " " + span + " yes {a=1,b= 2}"},
		{"32 states", []string{std, "tracestate: " + members(32)}, whole + " " + span + " yes {" + members(32) + "}"},
		{"33 states", []string{std, "tracestate: " + members(33)}, whole + " " + span + " yes"},
		{"state without parent", []string{"tracestate: a=1"}, "none ?"},
		{"state with bad parent", []string{"traceparent: x", "tracestate: a=1,sampled=true"}, "none ?"},
		{"only sampled", []string{"tracestate: sampled=true"}, "none yes"},
		{"only sampled, among other members", []string{"tracestate: a=1, sampled=true"}, "none yes"},
		{"fault 8: not a member", []string{"tracestate: x=unsampled=true"}, "none ?"},

		{"b3", []string{"b3: " + whole + "-" + span + "-1"}, whole + " " + span + " yes"},
		{"b3 of 64 bits", []string{"b3: " + low + "-" + span + "-0"}, zero16 + low + " " + span + " no"},
		{"b3 undecided", []string{"b3: " + whole + "-" + span}, whole + " " + span + " ?"},
		{"b3 debug with parent", []string{"b3: " + whole + "-" + span + "-d-" + span}, whole + " " + span + " yes debug"},
		{"b3 deny", []string{"b3: 0"}, "none no"},
		{"b3 accept", []string{"b3: 1"}, "none yes"},
		{"b3 debug", []string{"b3: d"}, "none yes debug"},
		{"b3 bad parent", []string{"b3: " + whole + "-" + span + "-1-x"}, "none ?"},
		{"b3 bad state", []string{"b3: " + whole + "-" + span + "-x"}, "none ?"},
		{"b3 no ids", []string{"b3: " + zero32 + "-" + span + "-1"}, "none ?"},
		{"b3 short span", []string{"b3: " + whole + "-" + span[1:] + "-1"}, "none ?"},
		{"b3 zero span", []string{"b3: " + whole + "-" + zero16 + "-1"}, "none ?"},
		{"b3 short parent", []string{"b3: " + whole + "-" + span + "-1-" + span[1:]}, "none ?"},
		{"b3 twice", []string{"b3: 1", "b3: 1"}, "none ?"},
		{"b3 before tracestate", []string{"b3: 0", "tracestate: sampled=true"}, "none no"},
		{"b3 too much", []string{"b3: " + whole + "-" + span + "-1-" + span + "-1"}, "none ?"},

		{"multi", []string{"X-B3-TraceId: " + whole, "X-B3-SpanId: " + span, "X-B3-Sampled: 1"}, whole + " " + span + " yes"},
		{"multi, true", []string{"X-B3-TraceId: " + low, "X-B3-SpanId: " + span, "X-B3-Sampled: true"}, zero16 + low + " " + span + " yes"},
		{"multi, false", []string{"X-B3-TraceId: " + low, "X-B3-SpanId: " + span, "X-B3-Sampled: false"}, zero16 + low + " " + span + " no"},
		{"multi, debug", []string{"X-B3-TraceId: " + low, "X-B3-SpanId: " + span, "X-B3-Flags: 1"}, zero16 + low + " " + span + " yes debug"},
		{"multi, no flags", []string{"X-B3-TraceId: " + low, "X-B3-SpanId: " + span, "X-B3-Flags: 0"}, zero16 + low + " " + span + " ?"},
		{"multi, only sampled", []string{"X-B3-Sampled: 0"}, "none no"},
		{"multi, only sampled, before tracestate", []string{"X-B3-Sampled: 0", "tracestate: sampled=true"}, "none no"},
		{"multi, bad trace, sampled", []string{"X-B3-TraceId: x" + whole[1:], "X-B3-SpanId: " + span, "X-B3-Sampled: 1"}, "none yes"},
		{"multi, only trace", []string{"X-B3-TraceId: " + low}, "none ?"},
		{"multi, bad high half", []string{"X-B3-TraceId: x" + whole[1:], "X-B3-SpanId: " + span}, "none ?"},

		{"w3c before b3", []string{std, "b3: 0"}, whole + " " + span + " yes"},
		{"b3 where w3c is bad", []string{"traceparent: x", "b3: " + low + "-" + span + "-1"}, zero16 + low + " " + span + " yes"},
		{"b3 before multi", []string{"b3: 0", "X-B3-Sampled: 1"}, "none no"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := show(extract(header(tt.lines...), nil)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func members(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("k%d=v", i))
	}
	return strings.Join(all, ",")
}

func TestValidMember(t *testing.T) {
	long := strings.Repeat("a", 256)
	for _, tt := range []struct {
		member string
		want   bool
	}{
		{"a=1", true}, {"a-_*/9=x y~!", true}, {"9a=1", true}, {"9a@b=1", true}, {long + "=1", true}, {"a=" + long, true},
		{"a@b=1", true}, {strings.Repeat("t", 241) + "@" + strings.Repeat("s", 14) + "=1", true},
		{"a", false}, {"=1", false}, {"a=", false}, {"A=1", false}, {"a b=1", false}, {"a=1=2", false}, {"ä=1", false},
		{"a=ä", false}, {"a=\t", false}, {"-a=1", false}, {"@a=1", false}, {"a@=1", false}, {"a@9=1", false}, {"a@b@c=1", false},
		{"a" + long + "=1", false}, {"a=1" + long, false}, {strings.Repeat("t", 242) + "@s=1", false}, {"t@" + strings.Repeat("s", 15) + "=1", false},
	} {
		if got := validMember(tt.member); got != tt.want {
			t.Errorf("%.40q: %v, want %v", tt.member, got, tt.want)
		}
	}
}

// Fault 8 of monkit/v3: baggage was not percent-decoded, properties and spaces
// were part of the value, and without a traceparent it was ignored.
func TestFaultBaggage(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       map[string]string
	}{
		{"plain", "a=1,b=2", map[string]string{"a": "1", "b": "2"}},
		{"not allowed", "a=1,x=2", map[string]string{"a": "1"}},
		{"spaces", " a = 1 ,\tb=2", map[string]string{"a": "1", "b": "2"}},
		{"percent", "a=%20%C3%A4%2C+", map[string]string{"a": " ä,+"}},
		{"properties", "a=1;p;q=r,b=2", map[string]string{"a": "1", "b": "2"}},
		{"equals signs", "a=1=2", map[string]string{"a": "1=2"}},
		{"not UTF-8", "a=%FFx", map[string]string{"a": "\ufffdx"}},
		{"bad percent", "a=%,b=2", map[string]string{"b": "2"}},
		{"no value", "a,b=2", map[string]string{"b": "2"}},
		{"too long", "a=1,b=" + strings.Repeat("x", maxBaggage), map[string]string{"a": "1"}},
		{"one member too long", "a=" + strings.Repeat("x", maxBaggage), nil},
		{"member that ends at the bound", "a=" + strings.Repeat("x", maxBaggage-2) + ",b=2", map[string]string{"a": strings.Repeat("x", maxBaggage-2)}},
		{"as long as may be", "a=" + strings.Repeat("x", maxBaggage-2), map[string]string{"a": strings.Repeat("x", maxBaggage-2)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := parseBaggage(tt.text, []string{"a", "b"}); !maps.Equal(got, tt.want) {
				t.Errorf("got %.200q, want %.200q", got, tt.want)
			}
		})
	}
}

func TestFormatBaggageOmitsInvalidMembers(t *testing.T) {
	for _, tt := range []struct {
		name    string
		members map[string]string
		want    string
	}{
		{"nothing", nil, ""},
		{"sorted", map[string]string{"b": "2", "a": "1"}, "a=1,b=2"},
		{"escaped", map[string]string{"a": "x,y;\"\\% ä=\n"}, "a=x%2Cy%3B%22%5C%25%20%C3%A4=%0A"},
		{"no token", map[string]string{"a b": "1", "": "2", "ä": "3", "c": "4"}, "c=4"},
		{"too long", map[string]string{"a": "1", "b": strings.Repeat("x", maxBaggage), "c": "3"}, "a=1,c=3"},
		{"too long by its comma", map[string]string{"a": "1", "b": strings.Repeat("x", maxBaggage-len("a=1")-len("b=")), "c": "3"}, "a=1,c=3"},
		{"longest", map[string]string{"a": "1", "b": strings.Repeat("x", maxBaggage-len("a=1,b="))}, "a=1,b=" + strings.Repeat("x", maxBaggage-len("a=1,b="))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := formatBaggage(tt.members); got != tt.want {
				t.Errorf("got %.200q, want %.200q", got, tt.want)
			}
		})
	}
}

func TestBaggageIsNilWithoutAllowedNames(t *testing.T) {
	if got := parseBaggage("a=1", nil); got != nil {
		t.Errorf("got %v", got)
	}
}

func TestBaggageMembersAreLimited(t *testing.T) {
	var text, names []string
	for i := range 2 * maxBaggageMembers {
		names = append(names, fmt.Sprint("k", i))
		text = append(text, names[i]+"=v")
	}
	if got := parseBaggage(strings.Join(text, ","), names); len(got) != maxBaggageMembers {
		t.Errorf("%d members, want %d", len(got), maxBaggageMembers)
	}
}

// textHeader is the header of a protocol other than HTTP. It has Set and Get
// only.
type textHeader map[string]string

func (h textHeader) Set(name, value string) { h[name] = value }
func (h textHeader) Get(name string) string { return h[name] }

func TestInjectPropagatesTheExtractedTrace(t *testing.T) {
	first := textHeader{"traceparent": "00-" + whole + "-" + span + "-03", "tracestate": "a=1", "baggage": "k=v,x=y"}
	parent, trace := Extract(first, "k", "x")
	ctx := context.Background()
	defer monkit.NewRegistry().ScopeNamed("s").FuncNamed("f").RemoteTrace(&ctx, parent, trace)(nil)
	s := monkit.SpanFromCtx(ctx)
	next := make(textHeader)
	Inject(next, s, TransportOptions{Baggage: []string{"k"}, B3: SingleB3})
	id := tracing.SpanID(s.Id())
	for name, want := range map[string]string{
		"traceparent": "00-" + whole + "-" + id + "-03", "tracestate": "a=1", "baggage": "k=v", "b3": whole + "-" + id + "-1-" + span,
	} {
		if next[name] != want {
			t.Errorf("%s is %q, want %q", name, next[name], want)
		}
	}
}

// A span without its trace must not become the parent of a new trace.
func TestExtractOfASpanWithoutATraceHasNoParent(t *testing.T) {
	parent, trace := Extract(textHeader{"X-B3-TraceId": strings.Repeat("0", 32), "X-B3-SpanId": span, "X-B3-Sampled": "1"})
	if parent != 0 || !tracing.Sampled(trace) {
		t.Errorf("parent %x, sampled: %v", uint64(parent), tracing.Sampled(trace))
	}
}

func TestExtractWithoutHeadersBeginsATrace(t *testing.T) {
	parent, trace := Extract(textHeader{})
	if parent != 0 || trace.High() == 0 || !tracing.OriginOf(trace).Random || trace.Get(tracing.SampledKey) != nil {
		t.Errorf("parent %d, trace %s, origin %+v", parent, trace, tracing.OriginOf(trace))
	}
}
