package spool

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func killOptions() Options {
	o := testOptions(nil)
	o.SegmentBytes, o.MaxBytes = 64<<10, 4<<20
	return o
}

// appendForEver is a process that appends, syncs, reads and releases until it is
// killed, and prints what it may promise: "synced" after Sync, "releasing" before
// Release and "released" when that is durable.
func appendForEver(dir string) error {
	s, err := Open(dir, killOptions())
	if err != nil {
		return err
	}
	fmt.Println("open", s.next)
	for {
		for range 1 + rand.IntN(8) {
			seq := s.next
			_, err := s.Append(Meta{testLines, testTime(seq)}, testBody(seq))
			if errors.Is(err, ErrFull) {
				fmt.Println("releasing", s.segs[0].next-1)
				_, err = s.DropOldest()
			}
			if err != nil {
				return err
			}
		}
		if err := s.Sync(); err != nil {
			return err
		}
		fmt.Println("synced", s.next-1)
		last := uint64(0)
		for range rand.IntN(8) {
			rec, err := s.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
			last = rec.Seq
		}
		if last == 0 {
			continue
		}
		fmt.Println("releasing", last)
		if err := errors.Join(s.Release(last), s.Sync()); err != nil {
			return err
		}
		fmt.Println("released", last)
	}
}

// TestKilledProcess kills a process that uses a spool with a signal that it
// cannot handle, and checks what the next one finds.
func TestKilledProcess(t *testing.T) {
	kills := 10
	if testing.Short() {
		kills = 2
	}
	dir := filepath.Join(t.TempDir(), "spool")
	synced, released := uint64(0), uint64(0)
	for i := range kills {
		said := killed(t, dir, 20+rand.IntN(200))
		synced = max(synced, said["synced"])
		released = max(released, said["released"])
		s := mustOpen(t, dir, killOptions())
		first, last := uint64(0), uint64(0)
		for rec, err := s.Next(); err == nil; rec, err = s.Next() {
			if string(rec.Bytes) != string(testBody(rec.Seq)) || rec.Lines != testLines {
				t.Errorf("record %d is %.40q", rec.Seq, rec.Bytes)
			}
			if first == 0 {
				first = rec.Seq
			} else if rec.Seq != last+1 {
				t.Errorf("record %d follows %d", rec.Seq, last)
			}
			last = rec.Seq
			if err := s.Release(rec.Seq); err != nil && s.held.n >= MaxHeld {
				t.Fatal(err)
			}
		}
		settled := max(said["releasing"], released)
		if first != 0 && (first <= released || first > settled+1) || synced > settled && last < synced {
			t.Errorf("kill %d: records %d to %d are read; up to %d are synced, %d released, perhaps %d", i, first, last, synced, released, settled)
		}
		if st := s.Stats(); st.Damaged.Records != 0 || st.Unread.Records != 0 {
			t.Errorf("kill %d: %+v", i, st)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		released = max(released, last)
	}
	if synced == 0 {
		t.Error("no process came to a Sync")
	}
}

// killed starts a process, kills it after it has printed some lines, and returns
// the last number of each word. A line that is cut does not count.
func killed(t *testing.T, dir string, lines int) map[string]uint64 {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"=append", spoolEnv+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := map[string]uint64{}
	in := bufio.NewReader(out)
	for n := 0; ; n++ {
		if n == lines {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
		line, err := in.ReadString('\n')
		if err != nil {
			break
		}
		var word string
		var seq uint64
		if _, err := fmt.Sscan(line, &word, &seq); err == nil {
			said[word] = max(said[word], seq)
		}
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.Success() {
		t.Error("the process ended in good order")
	}
	return said
}
