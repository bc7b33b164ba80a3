package send

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"monkit.example/internal/faultsink"
)

func TestTLS(t *testing.T) {
	srv := httptest.NewUnstartedServer(nil)
	srv.StartTLS() // for its certificate
	cert := srv.TLS.Certificates[0]
	config := srv.Client().Transport.(*http.Transport).TLSClientConfig
	srv.Close()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		t.Fatal(err)
	}
	sink := faultsink.Serve(t, l)
	s := New(open(t, "tls://"+sink.Addr(), DialOptions{TLS: config}), fast)
	want := sendNumbered(t, s, 100, 50)
	if err := s.Close(within(t, 20*time.Second)); err != nil {
		t.Error(err)
	}
	if got := sink.WaitLines(len(want)); !slices.Equal(got, want) {
		t.Errorf("%d lines arrived, %d were sent", len(got), len(want))
	}
	checkLedger(t, s, "accepted=5000 delivered=5000 dropped=0 pending=0")

	s = New(open(t, "tls://"+sink.Addr(), DialOptions{}), fast)
	mustSend(t, s, "a 1\n", 1)
	waitFailing(s)
	if err := s.Close(within(t, 0)); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("the error for an unknown certificate is %v", err)
	}
	checkLedger(t, s, "accepted=1 delivered=0 dropped=1(closed=1) pending=0")
}
