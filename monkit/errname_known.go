package monkit

import (
	"context"
	"errors"
	"io"
	"reflect"
	"slices"
)

var knownErrors = []struct {
	err  error
	name string
}{
	{io.EOF, "EOF"},
	{io.ErrUnexpectedEOF, "Unexpected EOF Error"},
	{io.ErrClosedPipe, "Closed Pipe Error"},
	{io.ErrNoProgress, "No Progress Error"},
	{io.ErrShortBuffer, "Short Buffer Error"},
	{io.ErrShortWrite, "Short Write Error"},
	{context.Canceled, "Canceled"},
	{context.DeadlineExceeded, "Timeout"},
}

// abortText is the text of http.ErrAbortHandler.
const abortText = "net/http: abort Handler"

// textError is the type of the errors that errors.New makes.
var textError = reflect.TypeOf(errors.New(""))

// knownTexts are the names of errors of the standard library that are made by
// errors.New, by their texts, since monkit does not import all of their packages.
var knownTexts = map[string]string{
	abortText:                           "Aborted",
	"http: Server closed":               "Server Closed Error",
	"http: Handler timeout":             "Handler Timeout Error",
	"sql: no rows in result set":        "No Rows Error",
	"sql: connection is already closed": "Connection Done Error",
	"sql: transaction has already been committed or rolled back": "Transaction Done Error",
	"file does not exist":                 "Not Exist Error",
	"file already exists":                 "Exist Error",
	"file already closed":                 "Closed File Error",
	"permission denied":                   "Permission Error",
	"unsupported operation":               "Unsupported Error",
	"executable file not found in $PATH":  "Command Not Found Error",
	"executable file not found in %PATH%": "Command Not Found Error",
	"executable file not found in $path":  "Command Not Found Error",
	"bufio.Scanner: token too long":       "Token Too Long Error",
	"invalid syntax":                      "Syntax Error",
	"value out of range":                  "Range Error",
}

// isAbort reports whether v is http.ErrAbortHandler. net/http compares it as it is, so
// that an error which wraps it is a panic like any other.
func isAbort(v interface{}) bool {
	return reflect.TypeOf(v) == textError && v.(error).Error() == abortText
}

// isError is errors.Is without the errors that err wraps.
func isError(err, target error) bool {
	if reflect.TypeOf(err).Comparable() && err == target {
		return true
	}
	x, ok := err.(interface{ Is(error) bool })
	return ok && x.Is(target)
}

// netNames are error types of package net, which monkit does not import.
var netNames = []struct{ typ, name string }{
	{"UnknownNetworkError", "Unknown Network Error"},
	{"AddrError", "Addr Error"},
	{"InvalidAddrError", "Invalid Addr Error"},
	{"OpError", "Net Op Error"},
	{"ParseError", "Net Parse Error"},
	{"DNSError", "DNS Error"},
	{"DNSConfigError", "DNS Config Error"},
}

// netName returns the name of an error of package net, or of one like it.
func netName(err error) (string, bool) {
	t := reflect.TypeOf(err)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.PkgPath() == "net" {
		i := slices.IndexFunc(netNames, func(n struct{ typ, name string }) bool { return n.typ == t.Name() })
		if i >= 0 {
			return netNames[i].name, true
		}
	}
	if _, ok := err.(interface {
		Timeout() bool
		Temporary() bool
	}); ok {
		return "Network Error", true
	}
	return "", false
}
