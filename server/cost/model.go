package cost

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
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

// Entry is the model as an entry of a table. The id is that of its document.
func (m *Model) Entry(id string) (*Entry, error) {
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("langshark: model %q: %w", m.ModelName, err)
	}
	e := &Entry{ID: id, Name: m.ModelName, Pattern: m.MatchPattern, Unit: m.Unit, Source: "custom", Prices: Prices{}}
	if e.Unit == "" {
		e.Unit = Tokens
	}
	if m.StartDate != nil {
		e.From = time.Time(*m.StartDate)
	}
	if m.TokenizerID != nil && *m.TokenizerID == TokenizerOpenAI {
		var config TokenizerConfig
		if len(m.TokenizerConfig) > 0 && json.Unmarshal(m.TokenizerConfig, &config) != nil {
			config = TokenizerConfig{}
		}
		e.Tokenizer = EncodingOf(config.Model)
		if config.TokensPerMessage != 0 {
			e.Chat = &config
		}
	}
	for bucket, price := range map[Bucket]*PicoUSD{Input: m.InputPrice, Output: m.OutputPrice, Total: m.TotalPrice} {
		if price != nil {
			e.Prices[bucket] = *price
		}
	}
	return e, e.compile()
}

// Model is the entry in the form of the API for models. Of prices it has those of
// input, output and any unit.
func (e *Entry) Model() Model {
	m := Model{ModelName: e.Name, MatchPattern: e.Pattern, Unit: e.Unit}
	if !e.From.IsZero() {
		from := Date(e.From)
		m.StartDate = &from
	}
	for bucket, field := range map[Bucket]**PicoUSD{Input: &m.InputPrice, Output: &m.OutputPrice, Total: &m.TotalPrice} {
		if price, ok := e.Prices[bucket]; ok {
			*field = &price
		}
	}
	if e.Tokenizer == "" {
		return m
	}
	id, config := TokenizerOpenAI, TokenizerConfig{TokensPerMessage: 3, TokensPerName: 1}
	if e.Chat != nil {
		config = *e.Chat
	}
	config.Model = e.Name
	m.TokenizerID = &id
	m.TokenizerConfig, _ = json.Marshal(config) // texts and numbers: it can't fail
	return m
}

// TokenizerConfig says how a tokenizer counts chat messages.
type TokenizerConfig struct {
	Model            string `json:"tokenizerModel,omitempty"`
	TokensPerMessage int64  `json:"tokensPerMessage,omitempty"`
	TokensPerName    int64  `json:"tokensPerName,omitempty"`
}

// Date is an instant that JSON may give as a day.
type Date time.Time

// MarshalJSON implements [json.Marshaler]: milliseconds, UTC.
func (d Date) MarshalJSON() ([]byte, error) {
	return time.Time(d).UTC().AppendFormat(nil, `"2006-01-02T15:04:05.000Z"`), nil
}

// UnmarshalJSON implements [json.Unmarshaler].
func (d *Date) UnmarshalJSON(raw []byte) error {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			*d = Date(t)
			return nil
		}
	}
	return fmt.Errorf("%q is no date: give 2006-01-02 or 2006-01-02T15:04:05Z", s)
}

func (d *Date) time() time.Time { return time.Time(*d) }
