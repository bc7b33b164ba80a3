package monkit

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

const (
	maxArgs    = 32   // arguments that a span keeps
	maxArgText = 1024 // bytes of one as text
	maxArgDeep = 4    // lists within lists
)

// keepArgs makes of args what a span may hold while their owner goes on
// changing them. They become text only when somebody asks, by another
// goroutine: so bytes are copied, and what args point to is never read.
func keepArgs(args []interface{}) []interface{} { return keepList(args, maxArgDeep) }

// elided stands for what is too deep in lists, which may hold themselves.
type elided struct{}

func keepList(args []interface{}, deep int) []interface{} {
	kept := args[:min(len(args), maxArgs)]
	for i, arg := range kept {
		own := arg
		switch x := arg.(type) {
		case []byte:
			own = slices.Clone(x[:min(len(x), maxArgText/2)])
		case []interface{}:
			own = elided{}
			if deep > 0 {
				own = slices.Clone(keepList(x, deep-1))
			}
		default:
			continue
		}
		if &kept[0] == &args[0] { // the slice may be its owner's too
			kept = slices.Clone(kept)
		}
		kept[i] = own
	}
	return kept
}

func (h *health) argTexts(args []interface{}) []string {
	texts := make([]string, 0, len(args))
	for _, arg := range args {
		text := h.argText(arg)
		texts = append(texts, text[:min(len(text), maxArgText)])
	}
	return texts
}

// argText returns arg as Go source would have it. Of values that reach shared
// memory it tells the type, and where they are.
func (h *health) argText(arg interface{}) string {
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
		return "{" + strings.Join(h.argTexts(x), ", ") + "}"
	}
	v := reflect.ValueOf(arg)
	switch v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return fmt.Sprintf("(%s)(%#x)", v.Type(), v.Pointer())
	case reflect.Slice:
		return fmt.Sprintf("%s(len %d)", v.Type(), v.Len())
	case reflect.Struct, reflect.Array, reflect.Interface:
		if !plainType(v.Type()) {
			return v.Type().String() + "{...}"
		}
	}
	return h.format("%#v", arg)
}

// format runs the value's own formatting, if it has one. A panic there is turned
// to text by fmt, and counted.
func (h *health) format(verb string, val interface{}) string {
	text := fmt.Sprintf(verb, val)
	if strings.Contains(text, "%!v(PANIC=") {
		h.panics.Add(1)
	}
	return text
}

// plainType reports whether values of t hold all they are.
func plainType(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			if !plainType(t.Field(i).Type) {
				return false
			}
		}
		return true
	case reflect.Array:
		return plainType(t.Elem())
	case reflect.Pointer, reflect.Map, reflect.Chan, reflect.Func, reflect.UnsafePointer,
		reflect.Slice, reflect.Interface:
		return false
	}
	return true
}
