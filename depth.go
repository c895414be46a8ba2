package langshark

import (
	"encoding"
	"encoding/json"
	"reflect"
	"sync"
)

// encoding/json follows pointers as deep as they go, and a stack that overflows ends the process: it
// can't be recovered from. So values of types that can hold themselves are walked before, to a depth
// that no value below MaxValueDepth has.
const maxWalk = 16 * MaxValueDepth

// tooDeep reports whether v must not be given to encoding/json.
func tooDeep(v any) bool {
	return v != nil && walk(reflect.ValueOf(v), maxWalk)
}

func walk(v reflect.Value, left int) bool {
	if v.Kind() <= reflect.Complex128 || v.Kind() == reflect.String {
		return false
	}
	n := nestingOf(v.Type())
	if !n.open {
		return false
	}
	if left == 0 {
		return true
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return !v.IsNil() && walk(v.Elem(), left-1)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if walk(v.Index(i), left-1) {
				return true
			}
		}
	case reflect.Map:
		for members := v.MapRange(); members.Next(); {
			if walk(members.Value(), left-1) {
				return true
			}
		}
	case reflect.Struct:
		for _, i := range n.fields {
			if walk(v.Field(i), left-1) {
				return true
			}
		}
	default:
	}
	return false
}

// nesting says whether values of a type can be of any depth: it can hold itself, or anything.
type nesting struct {
	open   bool
	fields []int // of a struct, those that are open
}

var (
	nestings      sync.Map // of *nesting by reflect.Type
	jsonMarshaler = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

func nestingOf(t reflect.Type) *nesting {
	if n, ok := nestings.Load(t); ok {
		return n.(*nesting) //nolint:forcetypeassert // the map holds nothing else
	}
	return nest(t, map[reflect.Type]bool{})
}

// nest finds it out, above being the types that t is in.
func nest(t reflect.Type, above map[reflect.Type]bool) *nesting {
	if above[t] {
		return &nesting{open: true}
	}
	n := new(nesting)
	above[t] = true
	if p := reflect.PointerTo(t); !p.Implements(jsonMarshaler) && !p.Implements(textMarshaler) { // those write themselves
		switch t.Kind() {
		case reflect.Interface:
			n.open = true
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
			n.open = nest(t.Elem(), above).open
		case reflect.Struct:
			for i := range t.NumField() {
				f := t.Field(i)
				if f.Tag.Get("json") != "-" && (f.IsExported() || f.Anonymous) && nest(f.Type, above).open {
					n.open, n.fields = true, append(n.fields, i)
				}
			}
		default:
		}
	}
	delete(above, t)
	nestings.Store(t, n)
	return n
}
