package ledger_test

import (
	"errors"
	"fmt"

	"monkit.example/reporters/ledger"
)

func ExampleLedger() {
	l := ledger.Ledger{Accepted: 5, Delivered: 3, Pending: 1}
	fmt.Println(l.Check())
	l.Drop(ledger.Expired, 1)
	fmt.Println(l, l.Check())
	// Output:
	// ledger does not balance: accepted=5 delivered=3 dropped=0 pending=1 unaccounted=1
	// accepted=5 delivered=3 dropped=1(expired=1) pending=1 <nil>
}

// A Sender returns an Error to say why it did not take lines.
func ExampleError() {
	var err error = &ledger.Error{Reason: ledger.Oversize, Err: errors.New("a payload of 9000 bytes, the limit is 8192")}
	var e *ledger.Error
	if errors.As(err, &e) {
		fmt.Println(e.Reason, err)
	}
	// Output: oversize a payload of 9000 bytes, the limit is 8192
}

// A Pusher accepts and drops lines, a Sender counts what becomes of the others.
func ExampleBook() {
	b := ledger.NewBook()
	b.Accept(10)
	b.Drop(ledger.NotFinite, 1)
	b.Sent(8)
	fmt.Println(b.Ledger())
	b.Recall(3) // the connection failed, and these go out again
	fmt.Println(b.Ledger())
	// Output:
	// accepted=10 delivered=8 dropped=1(not_finite=1) pending=1
	// accepted=10 delivered=5 dropped=1(not_finite=1) pending=4 recalled=3
}

// Lines are received when they enter a buffer, and accepted or rejected when they
// are decoded.
func ExampleListenerBook() {
	b := ledger.NewListenerBook()
	b.Receive(5)
	fmt.Println(b.Listener())
	b.Accept(4)
	b.Reject(ledger.Malformed, 1)
	fmt.Println(b.Listener())
	// Output:
	// received=5 accepted=0 rejected=0 pending=5
	// received=5 accepted=4 rejected=1(malformed=1)
}

// A book that cannot be kept in a file works, and its error says why it is not
// in one.
func ExampleOpenError() {
	b, err := ledger.OpenBook("no/such/folder/book", "graphite+tcp://carbon.example:2003")
	b.Accept(1)
	var opened *ledger.OpenError
	fmt.Println(b.Ledger(), errors.As(err, &opened) && opened.InMemory)
	// Output: accepted=1 delivered=0 dropped=0 pending=1 true
}
