package monkit

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

const (
	maxArgs     = 32   // arguments that a span keeps
	maxArgText  = 1024 // bytes of an argument as text
	maxArgDepth = 4    // levels of lists within lists
)

// copyArgs returns args in a form that a span can keep although the caller may
// change them later. They become text only if they are read, by another
// goroutine. Therefore copyArgs copies bytes, and formatArgs follows no pointer.
func copyArgs(args []interface{}) []interface{} { return copyArgList(args, maxArgDepth) }

// elided stands for a list beyond maxArgDepth. A list may contain itself.
type elided struct{}

// copyArgList returns args itself if the span may share it, or else a copy.
func copyArgList(args []interface{}, depth int) []interface{} {
	kept := args[:min(len(args), maxArgs)]
	for i, arg := range kept {
		own := arg
		switch x := arg.(type) {
		case []byte:
			own = slices.Clone(x[:min(len(x), maxArgText/2)])
		case []interface{}:
			own = elided{}
			if depth > 0 {
				own = slices.Clone(copyArgList(x, depth-1))
			}
		default:
			continue
		}
		if &kept[0] == &args[0] { // args may be the caller's own slice
			kept = slices.Clone(kept)
		}
		kept[i] = own
	}
	return kept
}

// formatArgs returns the text of each argument. h counts the panics of their
// methods.
func formatArgs(h *health, args []interface{}) []string {
	texts := make([]string, 0, len(args))
	for _, arg := range args {
		text := formatArg(h, arg)
		texts = append(texts, cutArg(text))
	}
	return texts
}

// cutArg cuts a long text between two characters.
func cutArg(text string) string {
	if len(text) <= maxArgText {
		return text
	}
	return strings.ToValidUTF8(text[:maxArgText], "")
}

// formatArg returns arg as Go source. If arg points to memory that may change
// while it is read, formatArg returns its type and its address or length.
func formatArg(h *health, arg interface{}) string {
	switch x := arg.(type) {
	case nil:
		return "nil"
	case string:
		return fmt.Sprintf("%q", cutArg(x))
	case []byte:
		return fmt.Sprintf("%x", x)
	case time.Time:
		return x.Format(time.RFC3339Nano)
	case elided:
		return "..."
	case []interface{}:
		return "{" + strings.Join(formatArgs(h, x), ", ") + "}"
	}
	v := reflect.ValueOf(arg)
	switch v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return fmt.Sprintf("(%s)(%#x)", v.Type(), v.Pointer())
	case reflect.Slice:
		return fmt.Sprintf("%s(len %d)", v.Type(), v.Len())
	case reflect.Struct, reflect.Array, reflect.Interface:
		if !holdsNoPointer(v.Type()) {
			return v.Type().String() + "{...}"
		}
	}
	return formatValue(h, "%#v", arg)
}

// formatValue formats val, with its own methods if it has some. Package fmt
// turns a panic of such a method into text; h counts it.
func formatValue(h *health, verb string, val interface{}) string {
	text := fmt.Sprintf(verb, val)
	if strings.Contains(text, "%!v(PANIC=") {
		h.panics.Add(1)
	}
	return text
}

// holdsNoPointer reports whether a copy of a value of type t shares no memory
// with the value, except for strings.
func holdsNoPointer(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			if !holdsNoPointer(t.Field(i).Type) {
				return false
			}
		}
		return true
	case reflect.Array:
		return holdsNoPointer(t.Elem())
	case reflect.Pointer, reflect.Map, reflect.Chan, reflect.Func, reflect.UnsafePointer,
		reflect.Slice, reflect.Interface:
		return false
	}
	return true
}
