package send

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"testing"
)

func TestBodiesOfMoreThanOneKiBAreCompressed(t *testing.T) {
	for _, tt := range []struct {
		size     int
		compress bool
		want     bool
	}{{1024, true, false}, {1025, true, true}, {1025, false, false}} {
		b := newRequestBody(make([]byte, tt.size), tt.compress)
		if b.gzipped != tt.want {
			t.Errorf("%d bytes, compress %v: compressed is %v", tt.size, tt.compress, b.gzipped)
		}
		b.release()
	}
}

func TestCompressorIsUsedAgainWithoutItsOldBytes(t *testing.T) {
	for i := range 10 {
		want := numbered(i, 100)
		b := newRequestBody(want, true)
		for range 2 { // net/http may send a request twice
			z, err := gzip.NewReader(b.reader())
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(z); err != nil || !bytes.Equal(got, want) {
				t.Errorf("body %d: %v, %.40q", i, err, got)
			}
		}
		b.release()
	}
}

func TestBodyCannotBeReadAfterRelease(t *testing.T) {
	for _, n := range []int{1, 100} {
		b := newRequestBody(numbered(0, n), true)
		r := b.reader()
		if _, err := r.Read(make([]byte, 5)); err != nil {
			t.Fatal(err)
		}
		b.release()
		if n, err := r.Read(make([]byte, 5)); n != 0 || !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("Read after release returns %d, %v", n, err)
		}
	}
}
