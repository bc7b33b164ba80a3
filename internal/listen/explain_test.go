package listen

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestExplainAdds(t *testing.T) {
	for _, tt := range []struct {
		name   string
		err    error
		advice string // empty for none
	}{
		{"address in use", syscall.EADDRINUSE, "another program uses this address: stop that program"},
		{"address in use on Windows", syscall.Errno(10048), "another program uses this address: stop that program"},
		{"foreign address", syscall.EADDRNOTAVAIL, "this machine does not have this address: write one that it has"},
		{"foreign address on Windows", syscall.Errno(10049), "this machine does not have this address: write one that it has"},
		{"low port", syscall.EACCES, "this user lacks the permission: write a port from 1024 on"},
		{"low port on Windows", syscall.Errno(10013), "this user lacks the permission: write a port from 1024 on"},
		{"forbidden folder", fs.ErrPermission, "this user lacks the permission: write a port from 1024 on, or a path"},
		{"missing folder", syscall.ENOENT, "the folder does not exist: create it"},
		{"other error", errors.New("too many open files"), ""},
		{"other error of Windows", syscall.Errno(10024), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := fmt.Errorf("bind: %w", &net.OpError{Op: "listen", Err: os.NewSyscallError("bind", tt.err)})
			got := Explain(err)
			if !errors.Is(got, tt.err) || !strings.HasPrefix(got.Error(), err.Error()) {
				t.Errorf("Explain() = %v, want it to wrap %v", got, err)
			}
			advice := strings.TrimPrefix(got.Error(), err.Error())
			if tt.advice == "" && advice != "" || tt.advice != "" && !strings.HasPrefix(advice, "; "+tt.advice) {
				t.Errorf("advice is %q, want %q", advice, tt.advice)
			}
		})
	}
	if err := Explain(nil); err != nil {
		t.Errorf("Explain(nil) = %v", err)
	}
}

func TestConnRefusedIsKnownOnEverySystem(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{syscall.ECONNREFUSED, true},
		{syscall.Errno(10061), true},
		{syscall.EACCES, false},
		{syscall.EPROTOTYPE, false}, // a dial to a datagram socket as to a stream
		{nil, false},
	} {
		if got := isConnRefused(tt.err); got != tt.want {
			t.Errorf("isConnRefused(%v) = %v", tt.err, got)
		}
	}
}
