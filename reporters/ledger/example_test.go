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
