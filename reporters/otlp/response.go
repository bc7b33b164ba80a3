package otlp

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"monkit.example/internal/send"
)

// checkResponse returns what to do with the points, as an error of internal/send,
// or nil if the server accepted all. warning is what it said beside that.
func checkResponse(resp *http.Response, body string) (warning string, err error) {
	if resp.StatusCode/100 == 2 {
		return checkAccepted(body)
	}
	err = send.ResponseError(resp, messageOf(body))
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return "", send.RetryAfter(send.WaitOf(resp), err)
	case http.StatusBadRequest:
		return "", send.Split(err) // the request must not be sent again, but its good points may
	case http.StatusRequestEntityTooLarge:
		return "", send.TooLarge(err)
	}
	if resp.StatusCode/100 == 3 {
		return "", send.Misconfigured(send.Config, send.WaitOf(resp), err)
	}
	return "", send.Permanent(err)
}

// checkAccepted examines the body of a success. Bodies that are empty, or no
// JSON, are those of servers that have nothing to say.
func checkAccepted(text string) (warning string, err error) {
	const rejectedKey = "rejectedDataPoints"
	var body struct {
		PartialSuccess struct {
			Rejected json.Number `json:"rejectedDataPoints"` // a number or a string
			Message  string      `json:"errorMessage"`
		} `json:"partialSuccess"`
	}
	if json.Unmarshal([]byte(text), &body) != nil {
		if strings.Contains(text, rejectedKey) {
			return "", send.Partial(1, fmt.Errorf("the server rejected points, at least one: %s", send.Excerpt(text)))
		}
		return "", nil
	}
	message := send.Excerpt(body.PartialSuccess.Message)
	if n := atLeastZero(body.PartialSuccess.Rejected); n > 0 {
		return "", send.Partial(n, fmt.Errorf("the server rejected %d points: %s", n, message))
	}
	return message, nil
}

// atLeastZero returns a number of points. More than fit into an int are rejected
// by no server.
func atLeastZero(n json.Number) int {
	v, err := strconv.ParseInt(n.String(), 10, 32)
	if err != nil && v == 0 {
		return 0
	}
	return int(max(v, 0))
}

// messageOf returns the message of a google.rpc.Status, or else all of body.
func messageOf(body string) string {
	var status struct {
		Message string `json:"message"`
	}
	if json.Unmarshal([]byte(body), &status) == nil && status.Message != "" {
		return status.Message
	}
	return body
}
