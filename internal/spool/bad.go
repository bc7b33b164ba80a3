package spool

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
)

// Damaged bytes are kept in files of their own, up to these limits of all of
// them in a directory.
const (
	maxBadFiles = 64
	maxBadBytes = 1 << 20
)

// badName matches SEGMENT.OFFSET.bad.
var badName = regexp.MustCompile(`^[0-9]{20}(-[1-9])?\.[0-9]{1,19}\.bad$`)

// badFiles are the files with damaged bytes of one directory.
type badFiles struct {
	files int
	bytes int64
}

func (b *badFiles) add(e Entry) {
	b.files++
	b.bytes += e.Size
}

// keep copies damaged bytes of a segment to a file, unless that was done before
// or a limit is reached. It is best effort: the disk may have other troubles.
func (b *badFiles) keep(fsys FS, dir, segment string, in File, at span) {
	room := min(at.to-at.from, maxBadBytes-b.bytes)
	if b.files >= maxBadFiles || room <= 0 {
		return
	}
	name := fmt.Sprintf("%s.%d.bad", strings.TrimSuffix(segment, ".seg"), at.from)
	out, err := fsys.Create(filepath.Join(dir, name))
	if err != nil {
		return
	}
	defer out.Close()
	b.files++
	buf := make([]byte, min(room, 64<<10))
	for done := int64(0); done < room; {
		n, _ := in.ReadAt(buf[:min(room-done, int64(len(buf)))], at.from+done)
		if n == 0 {
			return
		}
		if _, err := out.WriteAt(buf[:n], done); err != nil {
			return
		}
		done += int64(n)
		b.bytes += int64(n)
	}
}
