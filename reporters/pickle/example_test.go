package pickle_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"monkit.example/collect"
	"monkit.example/reporters/pickle"
)

func ExampleNew() {
	c := collect.Every(10*time.Second, pickle.New("127.0.0.1:2004"))
	defer c.Close(context.Background())
}

func ExampleNewReader() {
	frame := "\x00\x00\x00\x2c(lp0\n(S'a.b'\np1\n(I1700000000\nF0.5\ntp2\ntp3\na."
	lines, err := io.ReadAll(pickle.NewReader(strings.NewReader(frame)))
	fmt.Print(string(lines))
	fmt.Println(err)
	// Output:
	// a.b 0.5 1700000000
	// <nil>
}
