package recent

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"
)

// image is what tests look at of an SVG.
type image struct {
	Width  string `xml:"width,attr"`
	Height string `xml:"height,attr"`
	Role   string `xml:"role,attr"`
	Title  string `xml:"title"`
	Line   struct {
		Points string `xml:"points,attr"`
	} `xml:"polyline"`
	Dot *struct {
		X string `xml:"cx,attr"`
		Y string `xml:"cy,attr"`
	} `xml:"circle"`
}

func parse(t *testing.T, svg []byte) image {
	t.Helper()
	var img image
	d := xml.NewDecoder(bytes.NewReader(svg))
	if err := d.Decode(&img); err != nil {
		t.Fatalf("%v in %s", err, svg)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		t.Fatalf("something follows the image: %s", svg)
	}
	return img
}

func ramp(vals ...float64) []Sample {
	var samples []Sample
	for i, v := range vals {
		samples = append(samples, Sample{start.Add(time.Duration(i) * time.Second), v})
	}
	return samples
}

func TestSparklineMapsSamplesToPixels(t *testing.T) {
	size := Sparkline{Width: 106, Height: 26} // 100 by 20 inside the margin
	edges := size
	edges.From, edges.To = start, start.Add(4*time.Second)
	for _, tt := range []struct {
		name    string
		o       Sparkline
		samples []Sample
		want    string
	}{
		{"nothing", size, nil, ""},
		{"one value at the right, halfway up", size, ramp(7), "103,13"},
		{"a value that stands is a line halfway up", size, ramp(7, 7), "3,13 103,13"},
		{"up is up", size, ramp(0, 1, 3), "3,23 53,16.3 103,3"},
		{"values that differ by more than a float holds", size, ramp(-math.MaxFloat64, 0, math.MaxFloat64), "3,23 53,13 103,3"},
		{"what is not finite is left out", size, ramp(0, math.NaN(), math.Inf(1), 1), "3,23 103,3"},
		{"edges given leave room", edges, ramp(0, 1, 2), "3,23 28,13 53,3"},
		{"what lies outside the edges is left out", edges, ramp(0, 1, 1, 1, 2, 9), "3,23 28,13 53,13 78,13 103,3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			img := parse(t, AppendSparkline(nil, tt.samples, tt.o))
			if img.Line.Points != tt.want {
				t.Errorf("line is %q, want %q", img.Line.Points, tt.want)
			}
			if (img.Dot == nil) != (tt.want == "") || img.Role != "img" || img.Width != "106" || img.Height != "26" {
				t.Errorf("image is %+v", img)
			}
		})
	}
}

func TestSparklineTitleIsEscaped(t *testing.T) {
	for _, tt := range []struct{ title, want string }{
		{"plain", "plain"},
		{`</title><script>alert("x&y")</script>`, `</title><script>alert("x&y")</script>`},
		{"control \x00\x1b and bad \xff bytes", "control \uFFFD\uFFFD and bad \uFFFD bytes"},
		{"no character \uFFFE", "no character \uFFFD"},
	} {
		svg := AppendSparkline(nil, nil, Sparkline{Title: tt.title})
		if img := parse(t, svg); img.Title != tt.want {
			t.Errorf("title %q reads as %q, want %q", tt.title, img.Title, tt.want)
		}
	}
}

func TestSparklineIsSmallAndKeepsSpikes(t *testing.T) {
	vals := make([]float64, 5000)
	vals[1234] = 9
	vals[4999] = 3
	img := parse(t, AppendSparkline(nil, ramp(vals...), Sparkline{Width: 106, Height: 26}))
	if n := len(strings.Fields(img.Line.Points)); n > 2*106 {
		t.Errorf("%d points on 106 pixels, want at most two a pixel", n)
	}
	if !strings.Contains(img.Line.Points, ",3 ") {
		t.Errorf("the highest value is not at the top: %s", img.Line.Points)
	}
	if img.Dot.X != "103" || img.Dot.Y != "16.3" {
		t.Errorf("the dot is at %+v, want it at the newest value", img.Dot)
	}
}

func FuzzSparkline(f *testing.F) {
	f.Add("title", 1.0, -2.0, int64(0), int64(1e9), 100, 20)
	f.Fuzz(func(t *testing.T, title string, a, b float64, from, to int64, width, height int) {
		samples := []Sample{{time.Unix(0, from), a}, {time.Unix(0, to), b}, {time.Unix(0, to), a}}
		parse(t, AppendSparkline(nil, samples, Sparkline{Title: title, Width: width % 1000, Height: height % 1000, From: time.Unix(0, from)}))
	})
}
