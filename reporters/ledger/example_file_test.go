//go:build linux || darwin || freebsd || netbsd || dragonfly

package ledger_test

import (
	"fmt"
	"os"
	"path/filepath"

	"monkit.example/reporters/ledger"
)

// A run goes on where the last one ended. Its spool has one line more than the
// last run thought to be pending, which means that it is sent again.
func ExampleOpenBook() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	open := func() *ledger.Book {
		b, err := ledger.OpenBook(filepath.Join(dir, "book"), "graphite+tcp://carbon.example:2003")
		if err != nil {
			fmt.Println(err) // the book works in spite of it
		}
		return b
	}

	b := open()
	b.Accept(10)
	b.Sent(7)
	b.Close()

	b = open()
	defer b.Close()
	last, end := b.Recovered()
	fmt.Printf("last run: %v (%v)\n", last, end)
	again, lost := b.Settle(4)
	fmt.Printf("again=%d lost=%d\n%v\n", again, lost, b.Ledger())
	// Output:
	// last run: accepted=10 delivered=7 dropped=0 pending=3 (closed)
	// again=1 lost=0
	// accepted=10 delivered=6 dropped=0 pending=4 recalled=1
}
