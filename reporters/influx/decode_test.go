package influx

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// points is what a batch holds, a word for each point.
func points(b *reporters.Batch) string {
	var all []string
	for _, p := range b.Points {
		value := p.Value + 0 // no negative zero
		all = append(all, fmt.Sprint(p.Key.WithField(p.Field), " ", value, " ", p.Time, " ", p.Kind))
	}
	return strings.Join(all, "; ")
}

func TestDecode(t *testing.T) {
	for _, tt := range []struct{ name, in, want, raw string }{
		{"a line", "m,b=2,a=1 f=1.5 42", "m,a=1,b=2 f 1.5 42 gauge", "m,b=2,a=1 f=1.5 42"},
		{"types", "m f=1,i=2i,u=3u,t=true,n=F 42", "m f 1 42 gauge; m i 2 42 gauge; m u 3 42 gauge; m t 1 42 gauge; m n 0 42 gauge", "m f=1,i=2i,u=3u,t=true,n=F 42"},
		{"a level that is called total, as Telegraf writes it", "mem total=5 42", "mem total 5 42 gauge", "mem total=5 42"},
		{"totals of this library", "m,scope=app total=5 42", "m,scope=app total 5 42 counter", "m,scope=app total=5 42"},
		{"a string makes no point", `m s="a b,c=d",f=1 42`, "m f 1 42 gauge", `m s="a b,c=d",f=1 42`},
		{"nothing but a string", `m s="a" 42`, "", `m s="a" 42`},
		{"no time", "m f=1", "m f 1 1700000000000000005 gauge", "m f=1 1700000000000000005"},
		{"no time, space at the end", "m f=1  ", "m f 1 1700000000000000005 gauge", "m f=1 1700000000000000005"},
		{"escapes", `a\ b\,c,d\=e=f\,g h\ i=1 42`, `a\ b\,c,d\=e=f\,g h\ i 1 42 gauge`, `a\ b\,c,d\=e=f\,g h\ i=1 42`},
		{"space before a line", "  m f=1 42", "m f 1 42 gauge", "m f=1 42"},
		{"a time before 1970", "m f=1 -42", "m f 1 -42 gauge", "m f=1 -42"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := &reporters.Batch{At: time.Unix(1_700_000_000, 5)}
			newCodec().Decode(b, []byte(tt.in+"\n"))
			if len(b.Lines) != 1 {
				t.Fatalf("%d lines, %+v", len(b.Lines), b.RejectedLines)
			}
			if got := points(b); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if raw := string(b.Lines[0].Raw); raw != tt.raw {
				t.Errorf("passes as %q, want %q", raw, tt.raw)
			}
		})
	}
}

func TestDecodeReportsLineAndColumn(t *testing.T) {
	b := &reporters.Batch{}
	newCodec().Decode(b, []byte("# a comment\nm f=1 1\n\nm,t f=1 1\nm f=nan 1\nm f=1 x\nm,a=1,a=2 f=1 1\nm f=\"x\nm f=2 1\n"))
	var got []string
	for _, bad := range b.RejectedLines {
		got = append(got, bad.Err.Error())
	}
	want := []string{
		`line 4, column 3: expected '=' after tag key "t", but got ' ' instead`,
		`line 5, column 5: field value has unrecognized type`,
		`line 6, column 7: invalid timestamp ("x")`,
		`line 7: a tag is given twice`,
		`line 8, column 5: expected closing quote for string field value, found end of input`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") || len(b.Lines) != 2 || b.Rejected[ledger.Malformed] != 5 {
		t.Errorf("%d lines, rejected %v:\n%s", len(b.Lines), b.Rejected, strings.Join(got, "\n"))
	}
}

// A quote that is never closed costs its line, however good those behind it.
func TestUnclosedQuoteCostsOneLine(t *testing.T) {
	b := &reporters.Batch{}
	newCodec().Decode(b, []byte("a s=\"open\nb s=\",t=\" 1\nc f=1 1\nd s=\"open\ne f=1 1\n"))
	if got := points(b); got != "c f 1 1 gauge; e f 1 1 gauge" {
		t.Errorf("got %s, rejected %v", got, b.RejectedLines)
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, line := range map[string]string{
		"one field":    "servers,host=web1,zone=eu value=12.5 1700000000000000000\n",
		"eight fields": "latency,host=web1 count=12,sum=1.5,min=0.1,max=0.9,r50=0.5,r90=0.8,r99=0.85,recent=0.4 1700000000000000000\n",
	} {
		b.Run(name, func(b *testing.B) {
			p := []byte(strings.Repeat(line, 1432/len(line)))
			var batch reporters.Batch
			c := newCodec()
			b.ReportAllocs()
			for b.Loop() {
				batch.Reset()
				c.Decode(&batch, p)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(batch.Lines)), "ns/line")
		})
	}
}
