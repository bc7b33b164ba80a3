package policy

import (
	"bytes"
	"go/format"
	"regexp"
	"strings"
	"testing"
)

// A longer file most likely has more than one job.
const maxLines = 500

func TestGoFilesAreShort(t *testing.T) {
	eachGoFile(t, func(path string) {
		if n := strings.Count(read(t, path), "\n"); n > maxLines {
			t.Errorf("%s has %d lines; split it by job into files of at most %d", path, n, maxLines)
		}
	})
}

func TestGoFilesAreFormatted(t *testing.T) {
	eachGoFile(t, func(path string) {
		src := []byte(read(t, path))
		want, err := format.Source(src)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return
		}
		if !bytes.Equal(src, want) {
			t.Errorf("%s: run gofmt -w on it", path)
		}
	})
}

// The patterns are written so that this file does not match itself.
var (
	reminder = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|X` + `XX)\b`)
	reasoned = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|X` + `XX)\(\S+\): \S.{14}`)
)

func TestRemindersHaveAReason(t *testing.T) {
	eachLine(t, func(path, line string, n int) {
		if reminder.MatchString(line) && !reasoned.MatchString(line) {
			t.Errorf("%s:%d: %q: do it, or give an issue and a reason, as in KEYWORD(issue): reason",
				path, n, strings.TrimSpace(line))
		}
	})
}

// foreign lists paths and addresses that exist on one machine only.
var foreign = []string{"/" + "work/", "/" + "root/", "proxy." + "golang.org", "sum." + "golang.org", "pypi" + ".org", "deb." + "debian.org", "registry." + "npmjs"}

func TestNothingIsTiedToOneMachine(t *testing.T) {
	eachLine(t, func(path, line string, n int) {
		for _, word := range foreign {
			if strings.Contains(line, word) {
				t.Errorf("%s:%d: %q exists on one machine only", path, n, word)
			}
		}
	})
}

// eachLine calls fn with every line of every text file. n counts from 1.
func eachLine(t *testing.T, fn func(path, line string, n int)) {
	t.Helper()
	eachFile(t, func(path string) {
		text := read(t, path)
		if strings.ContainsRune(text, 0) {
			return // not text
		}
		n := 0
		for line := range strings.Lines(text) {
			n++
			fn(path, line, n)
		}
	})
}
