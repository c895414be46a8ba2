package otlp

import (
	"fmt"
	"strconv"
)

func (d *jsonDecoder) keyValue(depth int, fault *error) (a attribute) {
	if err := d.count(); err != nil {
		d.fail(err)
		return a
	}
	d.object("attribute", func(key string) {
		switch key {
		case "key":
			a.key = d.clean(key)
		case "value":
			a.value = d.value(depth, fault)
		default:
			d.skip()
		}
	})
	return a
}

func (d *jsonDecoder) value(depth int, fault *error) (v value) {
	if depth > MaxValueDepth {
		*fault = errDepth
		d.skip()
		return v
	}
	d.object("value", func(key string) {
		switch key {
		case "stringValue":
			v = textValue(d.clean(key))
		case "boolValue":
			v = boolValue(d.text(key) == "true")
		case "intValue":
			v = d.integer(key)
		case "doubleValue":
			v = d.double(key)
		case "bytesValue":
			v = value{kind: valueBytes, text: d.clean(key)}
		case "arrayValue":
			v = value{kind: valueList}
			d.values(func() {
				if err := d.count(); err != nil {
					d.fail(err)
					return
				}
				v.list = append(v.list, attribute{value: d.value(depth+1, fault)})
			})
		case "kvlistValue":
			v = value{kind: valueMap}
			d.values(func() { v.list = append(v.list, d.keyValue(depth+1, fault)) })
		default:
			d.skip()
		}
	})
	return v
}

// values reads what stands in a list or a map.
func (d *jsonDecoder) values(each func()) {
	d.object("value", func(key string) {
		if key == "values" {
			d.array(key, each)
			return
		}
		d.skip()
	})
}

// integer reads a 64-bit number, which JSON's writers give as a string or a number.
func (d *jsonDecoder) integer(what string) value {
	text := d.text(what)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return intValue(n)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		d.fail(fmt.Errorf("langshark: %s: %s is no number: %w", what, short(text), ErrBody))
	}
	return floatValue(f)
}

// double reads a number, or a text as "NaN" or "Infinity".
func (d *jsonDecoder) double(what string) value {
	text := d.text(what)
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		d.fail(fmt.Errorf("langshark: %s: %s is no number: %w", what, short(text), ErrBody))
	}
	return floatValue(f)
}
