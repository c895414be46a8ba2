package cost

import (
	"encoding/json"
	"fmt"
	"time"
)

// Entry is the model as an entry of a table. The id is that of its document.
func (m *Model) Entry(id string) (*Entry, error) {
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("langshark: model %q: %w", m.ModelName, err)
	}
	e := &Entry{ID: id, Name: m.ModelName, Pattern: m.MatchPattern, Unit: m.Unit, Source: customSource, Prices: Prices{}}
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
