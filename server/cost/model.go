package cost

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The units that models are billed in.
const (
	Tokens       = "TOKENS"
	Characters   = "CHARACTERS"
	Milliseconds = "MILLISECONDS"
	Seconds      = "SECONDS"
	Images       = "IMAGES"
	Requests     = "REQUESTS"
)

var units = []string{Tokens, Characters, Milliseconds, Seconds, Requests, Images}

// Model is a price that a project has set, in the form of Langfuse's API for
// models: what POST /api/public/models takes, and the data of a document of kind
// [ModelKind]. Prices are for one unit.
type Model struct {
	ModelName string `json:"modelName"`
	// MatchPattern is a regular expression for the names of models, of RE2's
	// syntax. The whole name must match; case counts unless it begins with (?i).
	MatchPattern string `json:"matchPattern"`
	// StartDate is since when the price is valid: a day or an instant; nil is always.
	StartDate *Date  `json:"startDate"`
	Unit      string `json:"unit"`
	// Either TotalPrice alone is given, or any of the other two.
	InputPrice  *PicoUSD `json:"inputPrice"`
	OutputPrice *PicoUSD `json:"outputPrice"`
	TotalPrice  *PicoUSD `json:"totalPrice"`
	// TokenizerID is openai or claude, or nil for none.
	TokenizerID     *string         `json:"tokenizerId"`
	TokenizerConfig json.RawMessage `json:"tokenizerConfig"`
}

// ModelKind is the kind of the documents that are models of a project.
const ModelKind = "model"

// The tokenizers that a model may name.
const (
	TokenizerOpenAI = "openai"
	TokenizerClaude = "claude"
)

// FieldError says what is wrong with one field of a model.
type FieldError struct {
	Field   string
	Message string
}

// Error is the field and the message.
func (e FieldError) Error() string { return e.Field + ": " + e.Message }

// FieldErrors are all that is wrong with a model.
type FieldErrors []FieldError

// Error joins the errors.
func (e FieldErrors) Error() string {
	parts := make([]string, len(e))
	for i, f := range e {
		parts[i] = f.Error()
	}
	return strings.Join(parts, "; ")
}

// maxPattern bounds a pattern in bytes, maxName a name.
const (
	maxPattern = 2000
	maxName    = 1000
)

// Validate returns nil, or [FieldErrors].
func (m *Model) Validate() error {
	var errs FieldErrors
	fail := func(field, format string, args ...any) {
		errs = append(errs, FieldError{field, fmt.Sprintf(format, args...)})
	}
	switch {
	case m.ModelName == "":
		fail("modelName", "required")
	case len(m.ModelName) > maxName:
		fail("modelName", "must have at most %d bytes", maxName)
	}
	if m.MatchPattern == "" {
		fail("matchPattern", "required")
	} else if _, err := compile(m.MatchPattern); err != nil {
		fail("matchPattern", "%v", err)
	}
	if m.Unit != "" && !slices.Contains(units, m.Unit) {
		fail("unit", "must be one of %s", strings.Join(units, ", "))
	}
	for _, p := range []struct {
		field string
		price *PicoUSD
	}{{"inputPrice", m.InputPrice}, {"outputPrice", m.OutputPrice}, {"totalPrice", m.TotalPrice}} {
		if p.price != nil && (*p.price < 0 || *p.price > maxPrice) {
			fail(p.field, "must be from 0 to 1000000 dollars")
		}
	}
	if m.TotalPrice != nil && (m.InputPrice != nil || m.OutputPrice != nil) {
		fail("totalPrice", "must be null where inputPrice or outputPrice is set")
	}
	if id := m.TokenizerID; id != nil && *id != TokenizerOpenAI && *id != TokenizerClaude {
		fail("tokenizerId", "must be %s or %s", TokenizerOpenAI, TokenizerClaude)
	}
	if c := m.TokenizerConfig; len(c) > 0 && string(c) != "null" {
		var config TokenizerConfig
		if err := json.Unmarshal(c, &config); err != nil {
			fail("tokenizerConfig", "must be an object with tokenizerModel and the numbers tokensPerMessage and tokensPerName")
		}
	}
	if len(errs) > 0 {
		return errs
	}
	return nil
}

// compile makes a pattern that must match all of a name.
func compile(pattern string) (*regexp.Regexp, error) {
	if len(pattern) > maxPattern {
		return nil, fmt.Errorf("must have at most %d bytes", maxPattern)
	}
	if _, err := regexp.Compile(pattern); err != nil { // for an error that shows the pattern as it was given
		return nil, fmt.Errorf("is no regular expression of RE2: %w", err)
	}
	flags := ""
	if strings.HasPrefix(pattern, "(?i)") {
		flags, pattern = "(?i)", pattern[len("(?i)"):]
	}
	return regexp.Compile(flags + `^(?:` + pattern + `)$`)
}
