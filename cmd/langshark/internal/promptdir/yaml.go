package promptdir

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// config is JSON that stands in YAML, with its numbers as they are written: the
// library would read large ones as floating-point numbers.
type config struct{ value any }

// MarshalYAML gives numbers their digits, and keys their order.
func (c config) MarshalYAML() (any, error) { return nodeOf(c.value) }

// IsZero leaves out a config that says nothing.
func (c config) IsZero() bool {
	m, ok := c.value.(map[string]any)
	return c.value == nil || ok && len(m) == 0
}

func nodeOf(v any) (*yaml.Node, error) {
	switch v := v.(type) {
	case map[string]any:
		n := &yaml.Node{Kind: yaml.MappingNode}
		keys := make([]string, 0, len(v))
		for key := range v {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		for _, key := range keys {
			value, err := nodeOf(v[key])
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, textNode(key), value)
		}
		return n, nil
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for _, x := range v {
			value, err := nodeOf(x)
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, value)
		}
		return n, nil
	case string:
		return textNode(v), nil
	case json.Number:
		tag := "!!int"
		if strings.ContainsAny(string(v), ".eE") {
			tag = "!!float"
		}
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: string(v)}, nil
	}
	n := &yaml.Node{}
	if err := n.Encode(v); err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	return n, nil
}

// textNode is a text, in quotes where the library can't read what it would write.
func textNode(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	switch {
	case strings.ContainsAny(s, "\t\r\u2028\u2029\u0085") || strings.HasPrefix(s, " ") || strings.HasPrefix(s, "\n"):
		n.Style = yaml.DoubleQuotedStyle
	case strings.Contains(s, "\n"):
		n.Style = yaml.LiteralStyle
	}
	return n
}

// UnmarshalYAML reads what JSON can hold.
func (c *config) UnmarshalYAML(n *yaml.Node) (err error) {
	c.value, err = valueOf(n, 0)
	return err
}

const maxYAMLDepth = 128

func valueOf(n *yaml.Node, depth int) (any, error) {
	if depth > maxYAMLDepth {
		return nil, fmt.Errorf("line %d: nested deeper than %d levels", n.Line, maxYAMLDepth)
	}
	switch n.Kind {
	case yaml.MappingNode:
		m := make(map[string]any, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
				return nil, fmt.Errorf("line %d: a key has to be a text", key.Line)
			}
			if _, again := m[key.Value]; again {
				return nil, fmt.Errorf("line %d: %q is there twice", key.Line, key.Value)
			}
			v, err := valueOf(n.Content[i+1], depth+1)
			if err != nil {
				return nil, err
			}
			m[key.Value] = v
		}
		return m, nil
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, x := range n.Content {
			v, err := valueOf(x, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	case yaml.AliasNode:
		return nil, fmt.Errorf("line %d: aliases are not read: write the value again", n.Line)
	default:
		return scalarOf(n)
	}
}

func scalarOf(n *yaml.Node) (any, error) {
	switch n.ShortTag() {
	case "!!int", "!!float":
		if json.Valid([]byte(n.Value)) {
			return json.Number(n.Value), nil
		}
		if i, ok := new(big.Int).SetString(strings.ReplaceAll(n.Value, "_", ""), 0); ok && n.ShortTag() == "!!int" {
			return json.Number(i.String()), nil // 0x10, 1_000
		}
	case "!!timestamp", "!!str":
		return n.Value, nil
	}
	var v any
	if err := n.Decode(&v); err != nil {
		return nil, fmt.Errorf("line %d: %w", n.Line, err)
	}
	if _, err := json.Marshal(v); err != nil {
		return nil, fmt.Errorf("line %d: JSON has no %s", n.Line, n.Value)
	}
	return v, nil
}
