package monkit

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

const (
	maxArgs     = 32   // that a span keeps
	maxArgText  = 1024 // bytes of one as text
	maxArgDepth = 4    // of lists within lists
)

// copyArgs returns what a span may keep of args while the caller goes on to
// change them. Another goroutine turns them into text, if they are read at all.
// So copyArgs copies bytes, and formatArgs never follows a pointer.
func copyArgs(args []interface{}) []interface{} { return copyArgList(args, maxArgDepth) }

// elided stands for a list beyond maxArgDepth. A list may contain itself.
type elided struct{}

// copyArgList returns args, or a copy if the span cannot share an element.
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
		if &kept[0] == &args[0] { // the caller's slice stays as it is
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
		texts = append(texts, text[:min(len(text), maxArgText)])
	}
	return texts
}

// formatArg returns arg as Go source. Of a value that points to memory which
// others may change, it returns the type and the address or length.
func formatArg(h *health, arg interface{}) string {
	switch x := arg.(type) {
	case nil:
		return "nil"
	case string:
		return fmt.Sprintf("%q", x[:min(len(x), maxArgText)])
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

// formatValue formats val, by its own methods if it has any. Package fmt turns
// a panic of them into text; h counts it.
func formatValue(h *health, verb string, val interface{}) string {
	text := fmt.Sprintf(verb, val)
	if strings.Contains(text, "%!v(PANIC=") {
		h.panics.Add(1)
	}
	return text
}

// holdsNoPointer reports whether a copy of a value of t shares no memory with
// it, other than that of strings.
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
