package mask_test

import (
	"fmt"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/mask"
)

func ExampleMasker_String() {
	m, err := mask.New(mask.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.String("문의는 010-1234-5678로, kim@example.com"))
	fmt.Println(m.String("order 240115-1234567 was paid with 4111 1111 1111 1111"))
	// Output:
	// 문의는 <PHONE>로, <EMAIL>
	// order 240115-1234567 was paid with <CARD>
}

func ExampleMasker_Find() {
	m, err := mask.New(mask.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	const text = "login from 203.0.113.7 with password=hunter2"
	for _, f := range m.Find(text) {
		fmt.Printf("%s %q %.2f\n", f.Type, text[f.Start:f.End], f.Confidence)
	}
	// Output:
	// ip "203.0.113.7" 0.95
	// secret "hunter2" 0.80
}

func ExampleNew_modes() {
	m, err := mask.New(mask.Config{
		Mode:    mask.ModePartial,
		Modes:   map[mask.Type]mask.Mode{mask.TypeEmail: mask.ModeHash},
		HashKey: []byte("sixteen bytes or more, from a secret store"),
		Allow:   []string{"help@example.com"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.String("010-1234-5678, card 4111-1111-1111-1111, help@example.com"))
	fmt.Println(m.String("kim@example.com") == m.String("Kim@Example.com"))
	// Output:
	// 010-****-5678, card ****-****-****-1111, help@example.com
	// true
}

func ExampleNew_rules() {
	m, err := mask.New(mask.Config{Rules: []mask.Rule{
		{Fields: []mask.Field{mask.FieldMetadata}, Types: []mask.Type{mask.TypeEmail}, Mode: mask.ModeKeep},
		{Kinds: []exporter.Kind{exporter.KindTool}, Fields: []mask.Field{mask.FieldOutput}, Whole: true},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, t := range []mask.Text{
		{Field: mask.FieldMetadata, Key: "owner", Text: "kim@example.com"},
		{Kind: exporter.KindTool, Field: mask.FieldOutput, Text: "three rows of a customer"},
		{Field: mask.FieldInput, Key: "db_password", Text: "correct horse"},
	} {
		masked, err := m.Mask(t)
		fmt.Println(masked, err)
	}
	// Output:
	// kim@example.com <nil>
	// <REDACTED> <nil>
	// <REDACTED> <nil>
}

func ExampleDetector() {
	m, err := mask.New(mask.Config{Detectors: []mask.Detector{
		{Name: "employee", Pattern: `\bEMP-\d{6}\b`, Keywords: []string{"EMP-"}},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.String("EMP-123456 asked"))
	// Output: <EMPLOYEE> asked
}
