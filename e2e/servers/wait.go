package servers

import (
	"fmt"
	"testing"
	"time"
)

// pollInterval is short compared with the start of a server, and long enough to
// leave the processor to it.
const pollInterval = 50 * time.Millisecond

// arriveLimit bounds the wait for values to arrive. Only a failure takes so long: a
// busy machine needs a minute for what takes a second on another.
const arriveLimit = 2 * time.Minute

// Eventually calls check until it returns nil. After arriveLimit it fails the test with
// the last error.
func Eventually(t testing.TB, what string, check func() error) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(arriveLimit); time.Now().Before(deadline); time.Sleep(pollInterval) {
		if err = check(); err == nil {
			return
		}
	}
	t.Fatalf("%s: after %v: %v", what, arriveLimit, err)
}

// EventuallyValue calls query until it returns want, like Eventually.
func EventuallyValue(t testing.TB, what string, want float64, query func() (float64, error)) {
	t.Helper()
	Eventually(t, what, func() error {
		got, err := query()
		if err == nil && got != want {
			err = fmt.Errorf("value is %v, want %v", got, want)
		}
		return err
	})
}
