package servers

import (
	"testing"
	"time"
)

// pause between two looks at something that takes a while. Short against what
// is waited for, long enough to leave the processor to it.
const pause = 50 * time.Millisecond

// arriveLimit bounds the wait for values to arrive.
const arriveLimit = 30 * time.Second

// Eventually calls look until it returns nil and fails the test with its last
// error when that takes too long.
func Eventually(t testing.TB, what string, look func() error) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(arriveLimit); time.Now().Before(deadline); time.Sleep(pause) {
		if err = look(); err == nil {
			return
		}
	}
	t.Fatalf("%s: after %v: %v", what, arriveLimit, err)
}
