package send

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"testing"
)

// Floors send the same bytes to the same sink and do nothing else: what a Sender
// costs more is the price of its promises.

// tcpFloor returns a function that writes the load to a connection. Payloads are
// joined up to the size of a chunk.
func tcpFloor(t testing.TB, addr string, l load) func() {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	w := bufio.NewWriterSize(c, chunk)
	return func() {
		for range l.payloads {
			if _, err := w.Write(l.payload); err != nil {
				panic(err) // the sink reads until the connection is closed
			}
		}
		if err := w.Flush(); err != nil {
			panic(err) // see above
		}
	}
}

// httpFloor returns a function that posts the load with net/http, so many
// payloads in one body. It compresses bodies if compress is set.
func httpFloor(t testing.TB, addr string, l load, payloads int, compress bool) func() {
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	var body, packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		for sent := 0; sent < l.payloads; sent += payloads {
			body.Reset()
			for range min(payloads, l.payloads-sent) {
				body.Write(l.payload)
			}
			text := body.Bytes()
			if compress {
				packed.Reset()
				z.Reset(&packed)
				z.Write(text) // writes to a bytes.Buffer do not fail
				z.Close()
				text = packed.Bytes()
			}
			post(client, "http://"+addr+"/write", text, compress)
		}
	}
}

func post(client *http.Client, url string, body []byte, compressed bool) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		panic(err) // the URL is right
	}
	req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	if compressed {
		req.Header.Set("Content-Encoding", "gzip")
	}
	resp, err := client.Do(req)
	if err != nil {
		panic(err) // the sink responds
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		panic("the sink responded " + resp.Status)
	}
}
