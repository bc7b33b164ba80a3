package send

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestSendMoreWaitsForSend(t *testing.T) {
	for name, end := range map[string]func(s *Sender) error{
		"send":          func(s *Sender) error { return s.Send(context.Background(), []byte("b 2\n"), 1) },
		"empty payload": func(s *Sender) error { return s.Send(context.Background(), nil, 0) },
		"flush":         func(s *Sender) error { return s.Flush(context.Background()) },
		"much":          func(s *Sender) error { return s.SendMore(context.Background(), make([]byte, worthWaking), 1) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fakeMessenger{}
				s := New(f, Options{Name: "x"})
				time.Sleep(time.Second) // run waits for something to send
				for range 3 {
					if err := s.SendMore(t.Context(), []byte("a 1\n"), 1); err != nil {
						t.Fatal(err)
					}
					time.Sleep(time.Second)
				}
				if f.count() != 0 || s.Ledger().Pending != 3 {
					t.Errorf("sent %q before the end of more, the ledger is %v", f.text(), s.Ledger())
				}
				if err := end(s); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				if f.count() == 0 || s.Ledger().Pending != 0 {
					t.Errorf("sent %d payloads, the ledger is %v", f.count(), s.Ledger())
				}
				if err := s.Close(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := s.SendMore(t.Context(), []byte("a 1\n"), 1); err != ErrClosed {
					t.Errorf("SendMore after Close = %v", err)
				}
				if err := s.Ledger().Check(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
