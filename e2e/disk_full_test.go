package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"monkit.example/e2e/servers"
	"monkit.example/internal/faultsink"
)

// The file system of a relay's spool is full while its destination is down. The
// relay goes on from memory, logs that once, counts what memory has no room for, and
// uses the disk again once it has room.
func TestRelayOnAFullDiskGoesOnFromMemory(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" || exec.Command("unshare", "-rm", "true").Run() != nil {
		t.Skip("no namespace to mount a small file system in; the tests of internal/spool simulate one")
	}
	dir, listen, to := t.TempDir(), servers.FreeAddr(t), servers.FreeAddr(t)
	// 64 MiB, of which another program leaves less than a segment of the spool.
	const script = `mount -t tmpfs -o size=64m,mode=0700 spool "$0" && head -c 60M /dev/zero >"$0/other" && exec "$@"`
	r := startRelay(t, "unshare", []string{listen}, "-rm", "sh", "-c", script, dir,
		buildRelay(t), "-listen", "graphite+tcp://"+listen, "-forward", "graphite+tcp://"+to, "-spool", dir, "-queue", "4MiB", "-drain", "25s")
	// The first part is more than memory has room for. The second is less, and more
	// than there is beside the first.
	const first, second = 100_000, 50_000
	part := func(from, lines int) string {
		var b strings.Builder
		for i := range lines {
			fmt.Fprintf(&b, "full.disk.of.a.relay.whose.destination.is.down.too %06d 1700000000\n", from+i)
		}
		return b.String()
	}
	const cannot, again, dropped = "cannot use the spool; lines are kept in memory", "the spool works again", "lines were dropped"
	servers.Send(t, "tcp", listen, part(0, first))
	r.waitLog(t, cannot)
	r.waitLog(t, dropped)
	time.Sleep(6 * time.Second) // the disk is tried again each 5 s
	if log := r.out.String(); strings.Count(log, cannot) != 1 || !strings.Contains(log, "no space left on device") && !strings.Contains(log, "too little free space") {
		t.Errorf("%d records that the spool cannot be used, want one with the reason", strings.Count(log, cannot))
	}
	if err := os.Remove(filepath.Join("/proc", fmt.Sprint(r.cmd.Process.Pid), "root", dir, "other")); err != nil {
		t.Fatal(err)
	}
	r.waitLog(t, again)
	servers.Send(t, "tcp", listen, part(first, second))
	sink := faultsink.NewTCPAt(t, to)
	printed := r.stop(t)
	ledger := regexp.MustCompile(`accepted=(\d+) delivered=(\d+) dropped=(\d+)\(queue_full=(\d+)\) pending=0`).FindStringSubmatch(printed)
	var accepted, delivered, lost, full int
	if ledger == nil {
		t.Fatal("the ledger has other reasons than a full queue, or pending lines")
	}
	fmt.Sscan(strings.Join(ledger[1:], " "), &accepted, &delivered, &lost, &full)
	if accepted != first+second || accepted != delivered+lost || lost != full || delivered*len(part(0, 1)) <= 4<<20 {
		t.Errorf("the ledger is %s, want %d lines of which disk and memory have kept more than memory", ledger[0], first+second)
	}
	got := map[string]bool{}
	for _, line := range sink.WaitLines(delivered) {
		got[line] = true
	}
	if len(got) != delivered {
		t.Errorf("%d different lines arrived, %d were delivered", len(got), delivered)
	}
	for line := range strings.Lines(part(first, second)) {
		if !got[strings.TrimSuffix(line, "\n")] {
			t.Fatalf("the disk had room for %q", line)
		}
	}
}
