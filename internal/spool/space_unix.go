//go:build linux || darwin || freebsd

package spool

import "golang.org/x/sys/unix"

func space(dir string) (free, size int64, err error) {
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		return 0, 0, err
	}
	block := int64(stat.Bsize)
	return int64(stat.Bavail) * block, int64(stat.Blocks) * block, nil
}
