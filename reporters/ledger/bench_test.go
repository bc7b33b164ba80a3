package ledger

import (
	"path/filepath"
	"testing"
)

func benchmarkEach(b *testing.B, bench func(b *testing.B, book *Book)) {
	b.Run("memory", func(b *testing.B) { bench(b, NewBook()) })
	b.Run("file", func(b *testing.B) {
		book, err := OpenBook(filepath.Join(b.TempDir(), "book"), testIdentity)
		if err != nil {
			b.Skip(err)
		}
		defer book.Close()
		bench(b, book)
	})
}

func BenchmarkBookSent(b *testing.B) {
	benchmarkEach(b, func(b *testing.B, book *Book) {
		b.ReportAllocs()
		for b.Loop() {
			book.Sent(25)
		}
	})
}

func BenchmarkBookSentParallel(b *testing.B) {
	benchmarkEach(b, func(b *testing.B, book *Book) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				book.Sent(25)
			}
		})
	})
}

func BenchmarkBookDrop(b *testing.B) {
	benchmarkEach(b, func(b *testing.B, book *Book) {
		b.ReportAllocs()
		for b.Loop() {
			book.Drop(Expired, 25)
		}
	})
}

func BenchmarkBookLedger(b *testing.B) {
	book := NewBook()
	book.Accept(10)
	book.Drop(Expired, 1)
	book.Drop(QueueFull, 1)
	b.ReportAllocs()
	for b.Loop() {
		book.Ledger()
	}
}
