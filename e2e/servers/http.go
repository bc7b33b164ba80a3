package servers

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// client has a timeout, in case a server hangs. It keeps no connection open, so
// that tests which check for leaks find none.
var client = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

func get(url string) (string, error) {
	r, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return "", fmt.Errorf("get %s: %w", url, err)
	}
	if r.StatusCode/100 != 2 {
		return "", fmt.Errorf("get %s: %s: %.200s", url, r.Status, b)
	}
	return string(b), nil
}

func getJSON(url string, into any) error {
	body, err := get(url)
	if err != nil {
		return err
	}
	if err := json.NewDecoder(strings.NewReader(body)).Decode(into); err != nil {
		return fmt.Errorf("get %s: %w", url, err)
	}
	return nil
}
