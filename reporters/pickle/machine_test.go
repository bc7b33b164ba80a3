package pickle

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// frameOf returns the frame of a pickle.
func frameOf(pickle string) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(len(pickle)))) + pickle
}

// linesOf returns the lines of one pickle.
func linesOf(t testing.TB, pickle string) string {
	t.Helper()
	lines, err := readAll(NewReader(strings.NewReader(frameOf(pickle))))
	if err != nil {
		t.Errorf("%q: %v", pickle, err)
	}
	return lines
}

const pythonLines = `servers.web1.load 0.5 1700000000
größe 12 1700000001.5
listed -3 1700000002
big 1.1805916207174113e+21 1700000003
neg -1099511627776 1700000004
text 6.25 1700000005
yes 1 1700000006
t;host=web1 1e-07 1700000007
back\slash€ 255 1700000008
short 65535 1700000009
same 1 1700000010
same 1 1700000011
now 0 -1
`

// The files are those of testdata/points.py.
func TestPythonsPicklesOfEachProtocolAreRead(t *testing.T) {
	for protocol := range 6 {
		p, err := os.ReadFile(filepath.Join("testdata", fmt.Sprintf("protocol%d.pickle", protocol)))
		if err != nil {
			t.Fatal(err)
		}
		if got := linesOf(t, string(p)); got != pythonLines {
			t.Errorf("protocol %d: read\n%s, want\n%s", protocol, got, pythonLines)
		}
	}
}

func TestOpcodesOfPoints(t *testing.T) {
	for _, tt := range []struct{ name, pickle, want string }{
		{"Python 2, protocol 0", "(lp0\n(S'a.b'\np1\n(I1700000000\nF0.5\ntp2\ntp3\na.", "a.b 0.5 1700000000\n"},
		{"Python 2, protocol 0, long and unicode", "(lp1\n(V\\u20acx\np2\n(L1700000000L\nF1e3\ntp3\ntp4\na.", "€x 1000 1700000000\n"},
		{"Latin-1 and an escape that is none", "](V\xe9\\x\n(I1\nI2\ntta.", "é\\x 2 1\n"},
		{"escapes of a string", `](S"a\'\"\\\x41"` + "\n(I1\nI2\ntta.", `a'"\A 2 1` + "\n"},
		{"Python 2, protocol 1", "]q\x01(U\x03a.bq\x02(J\x00\xf1\x53eG\x3f\xe0\x00\x00\x00\x00\x00\x00ttq\x03a.", "a.b 0.5 1700000000\n"},
		{"protocol 2", "\x80\x02](X\x03\x00\x00\x00a.bJ\x00\xf1\x53eG\x3f\xe0\x00\x00\x00\x00\x00\x00\x86\x86e.", "a.b 0.5 1700000000\n"},
		{"bytes", "](C\x01aK\x01K\x02\x86\x86B\x01\x00\x00\x00bK\x01K\x02\x86\x86e.", "a 2 1\nb 2 1\n"},
		{"a tuple of points", "(X\x01\x00\x00\x00aK\x01K\x02\x86\x86t.", "a 2 1\n"},
		{"negative integers", "](U\x01aJ\xff\xff\xff\xffI-7\n\x86\x86U\x01bK\x01\x8a\x01\xfe\x86\x86e.", "a -7 -1\nb -2 1\n"},
		{"zero as a long of no bytes", "](U\x01aK\x01\x8a\x00\x86\x86e.", "a 0 1\n"},
		{"a long with its length in four bytes", "](U\x01aK\x01\x8b\x02\x00\x00\x00\x00\x01\x86\x86e.", "a 256 1\n"},
		{"bools of protocol 0", "](U\x01aK\x01I01\n\x86\x86U\x01bK\x01I00\n\x86\x86e.", "a 1 1\nb 0 1\n"},
		{"the memo", "](U\x01ap7\nK\x01K\x02\x86q\x08\x86g7\nh\x08\x86r\x09\x00\x00\x00j\x09\x00\x00\x00e.", "a 2 1\na 2 1\na 2 1\n"},
		{"the memo's next place is that after all others", "](U\x01aq\x00q\x00K\x01K\x02\x86\x86\x94h\x01e.", "a 2 1\na 2 1\n"},
		{"values that are popped and doubled", "](U\x01aN0K\x01(KK1(02\x86\x86e.", "a 1 1\n"},
		{"an empty list", "].", ""},
		{"nothing after a mark", "](e.", ""},
		{"text after the end is left out", "].garbage", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := linesOf(t, tt.pickle); got != tt.want {
				t.Errorf("read %q, want %q", got, tt.want)
			}
		})
	}
}

// Each opcode that could make a general reader run code, and all others that
// points do not need.
func TestObjectsAreRefused(t *testing.T) {
	for op, why := range refused {
		pickle := string([]byte{'(', op}) + "posix\nsystem\n(S'true'\ntR."
		got := linesOf(t, pickle)
		if want := fmt.Sprintf("refused: opcode 0x%02x at byte 1: %s, which is refused\n", op, why); !strings.HasSuffix(got, want) {
			t.Errorf("read %q, want %q", got, want)
		}
	}
	for op := range 256 {
		if readers[op] != nil && refused[byte(op)] != "" {
			t.Errorf("opcode 0x%02x is both read and refused", op)
		}
	}
}

func TestPicklesThatCannotBeRunAreOneRejectedLine(t *testing.T) {
	for _, tt := range []struct{ name, pickle, want string }{
		{"nothing", "", "it has no end"},
		{"no end", "](", "it has no end"},
		{"no result", ".", "too few values"},
		{"a mark is no result", "(.", "too few values"},
		{"no list", "K\x01.", "it is a number and no list of points"},
		{"None", "N.", "it is None and no list of points"},
		{"a string", "U\x01a.", "it is a string and no list"},
		{"an opcode that is not known", "\xff.", "opcode 0xff at byte 0: it is not known"},
		{"an argument that is cut", "X\x05\x00\x00\x00a.", "ends within an opcode"},
		{"a length that is cut", "X\x05\x00", "ends within an opcode"},
		{"a length beyond all memory", "\x8d\xff\xff\xff\xff\xff\xff\xff\xff.", "ends within an opcode"},
		{"a line that is cut", "I12", "ends within an opcode"},
		{"a tuple of too few", "K\x01\x86.", "too few values"},
		{"a tuple across a mark", "K\x01(K\x01\x86.", "opcode 0x86 at byte 5: an opcode finds too few values"},
		{"no mark", "t.", "no mark"},
		{"a number without digits", "I\n.", "a number has no digits"},
		{"a number with other characters", "I1_0\n.", "a number has no digits"},
		{"a long without digits", "LL\n.", "a number has no digits"},
		{"a float that is none", "Fx\n.", "a number has no digits"},
		{"a number of too many digits", "I" + strings.Repeat("9", 65) + "\n.", "more than 64 bytes"},
		{"a long of too many bytes", "\x8a\x41" + strings.Repeat("a", 65) + ".", "more than 64 bytes"},
		{"a string without quotes", "Sabc\n.", "no quotes"},
		{"a string with one quote", "S'\n.", "no quotes"},
		{"an escape that is cut", `S'\'` + "\n.", "an escape"},
		{"an escape that is not known", `S'\q'` + "\n.", "an escape"},
		{"an empty place of the memo", "K\x01q\x02h\x01.", "place of the memo"},
		{"a place beyond the pickle", "K\x01r\xff\xff\x00\x00.", "place of the memo"},
		{"a place that is no number", "K\x01px\n.", "place of the memo"},
		{"an append to a tuple", ")K\x01a.", "no list"},
		{"an append to nothing", "K\x01a.", "too few values"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := linesOf(t, tt.pickle)
			if !strings.HasPrefix(got, fmt.Sprintf("pickle of %d bytes is refused: ", len(tt.pickle))) || !strings.Contains(got, tt.want) || strings.Count(got, "\n") != 1 {
				t.Errorf("read %q, want %q", got, tt.want)
			}
		})
	}
}

func TestBadItemCostsItselfOnly(t *testing.T) {
	good := "U\x04goodK\x01K\x02\x86\x86"
	for _, tt := range []struct{ name, item, want string }{
		{"a number", "K\x01", "want (path, (time, value)), found a number"},
		{"an empty tuple", ")", "want (path, (time, value)), found 0 items"},
		{"three items", "U\x01aK\x01K\x02\x87", "want (path, (time, value)), found 3 items"},
		{"no pair after the path", "U\x01aK\x01\x86", "want (time, value) after its path, found a number"},
		{"one number after the path", "U\x01aK\x01\x85\x86", "want (time, value) after its path, found 1 items"},
		{"a path that is a number", "K\x07K\x01K\x02\x86\x86", "its path is a number"},
		{"an empty path", "U\x00K\x01K\x02\x86\x86", "its path is empty"},
		{"a space in the path", "U\x03a bK\x01K\x02\x86\x86", `its path has a space, a control character or invalid UTF-8: "a b"`},
		{"a line feed in the path", "U\x05a\nb 1K\x01K\x02\x86\x86", `"a\nb 1"`},
		{"invalid UTF-8 in the path", "U\x01\xffK\x01K\x02\x86\x86", `"\xff"`},
		{"a value that is None", "U\x01aK\x01N\x86\x86", "its value is None"},
		{"a value that is a list", "U\x01aK\x01]\x86\x86", "its value is a list"},
		{"a value that is text", "U\x01aK\x01U\x03x\n1\x86\x86", `its value is no number: "x\n1"`},
		{"a time that is a tuple", "U\x01a)K\x01\x86\x86", "its time is a tuple"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := linesOf(t, "]("+good+tt.item+good+"e.")
			lines := strings.Split(got, "\n")
			if len(lines) != 4 || lines[0] != "good 2 1" || lines[2] != "good 2 1" {
				t.Fatalf("read %q", got)
			}
			if !strings.HasPrefix(lines[1], "item 1 of the pickle is no point: ") || !strings.HasSuffix(lines[1], tt.want) {
				t.Errorf("rejected with %q, want %q", lines[1], tt.want)
			}
		})
	}
}

func TestListThatHoldsItselfIsNoPoint(t *testing.T) {
	if got := linesOf(t, "]q\x00h\x00a."); !strings.Contains(got, "item 0 of the pickle is no point") {
		t.Errorf("read %q", got)
	}
}

// Each of these pickles makes more of something with every byte.
func TestPicklesAreBounded(t *testing.T) {
	for name, op := range map[string]string{"lists": "]", "tuples": "(t", "numbers": "K\x01", "marks": "(", "nesting": "N\x85"} {
		pickle := strings.Repeat(op, maxReceived/len(op)-1) + "."
		got := linesOf(t, pickle)
		if strings.Count(got, "\n") != 1 || !strings.Contains(got, "is refused") {
			t.Errorf("%s: read %.200q", name, got)
		}
	}
	var m machine
	m.run([]byte("N" + strings.Repeat("2", maxReceived-1) + "."))
	if len(m.values) != 1 || len(m.stack) > maxReceived {
		t.Errorf("%d values, %d on the stack", len(m.values), len(m.stack))
	}
}
