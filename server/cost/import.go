package cost

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// maxEntries bounds what an import may hold.
const maxEntries = 100_000

// OwnFormat is the name of the format of [ReadCSV].
const OwnFormat = "langshark"

// ErrFormat says that a file is in none of the formats that [Import] reads.
var ErrFormat = errors.New("is neither a table of genai-prices, of LiteLLM, of Langfuse, nor of LangShark: give such a JSON or CSV file")

// Import reads a table of prices in the format of pydantic's genai-prices, of
// LiteLLM's model_prices_and_context_window.json, of Langfuse's
// default-model-prices.json, or of [ReadCSV], whichever it is. It returns the name
// of the format too. Models whose price can't be read are left out and named in skipped.
func Import(data []byte) (entries []*Entry, format string, skipped []string, err error) {
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	trimmed := bytes.TrimLeftFunc(data, unicode.IsSpace)
	i := importer{ids: map[string]int{}}
	switch {
	case len(trimmed) == 0:
		return nil, "", nil, fmt.Errorf("langshark: prices: an empty file %w", ErrFormat)
	case trimmed[0] == '[':
		var list []json.RawMessage
		if err := json.Unmarshal(trimmed, &list); err != nil {
			return nil, "", nil, fmt.Errorf("langshark: prices: %w", err)
		}
		format, err = i.list(list)
	case trimmed[0] == '{':
		format, err = i.object(trimmed)
	default:
		format = OwnFormat
		i.entries, err = ReadCSV(bytes.NewReader(data))
		if err != nil {
			return nil, "", nil, err
		}
	}
	switch {
	case err != nil:
		return nil, "", nil, fmt.Errorf("langshark: prices: %w", err)
	case len(i.entries) > maxEntries:
		return nil, "", nil, fmt.Errorf("langshark: prices: %d models are more than %d", len(i.entries), maxEntries)
	case len(i.entries) == 0:
		return nil, "", nil, fmt.Errorf("langshark: prices: the file %w", ErrFormat)
	}
	slices.Sort(i.skipped)
	return i.entries, format, i.skipped, nil
}

// importer gathers the entries of one file.
type importer struct {
	entries []*Entry
	skipped []string
	ids     map[string]int
}

// list reads an array: of models (Langfuse) or of providers (genai-prices).
func (i *importer) list(list []json.RawMessage) (string, error) {
	var first struct {
		MatchPattern *string         `json:"matchPattern"`
		Models       json.RawMessage `json:"models"`
	}
	if len(list) == 0 || json.Unmarshal(list[0], &first) != nil {
		return "", ErrFormat
	}
	switch {
	case first.MatchPattern != nil:
		i.langfuse(list)
		return "langfuse", nil
	case first.Models != nil:
		return "genai-prices", i.genai(list)
	}
	return "", ErrFormat
}

// object reads an object: a list within (genai-prices), or models by name (LiteLLM).
func (i *importer) object(raw json.RawMessage) (string, error) {
	var outer struct {
		Providers []json.RawMessage `json:"providers"`
	}
	if json.Unmarshal(raw, &outer) == nil && len(outer.Providers) > 0 {
		return i.list(outer.Providers)
	}
	return "litellm", i.litellm(raw)
}

func (i *importer) skip(name string, err error) {
	i.skipped = append(i.skipped, fmt.Sprintf("%s: %v", name, err))
}

// add takes an entry on, unless its pattern is none, or something else of it can't be.
func (i *importer) add(e *Entry) {
	if err := e.compile(); err != nil {
		i.skip(e.Name, err)
		return
	}
	e.ID = i.id(e.ID)
	if e.Unit == "" {
		e.Unit = Tokens
	}
	if e.Tokenizer == "" && (e.Provider == "openai" || e.Provider == "azure" || e.Provider == "") {
		e.Tokenizer = EncodingOf(e.Name)
	}
	if err := e.check(); err != nil {
		i.skip(e.Name, err)
		return
	}
	i.entries = append(i.entries, e)
}

var notID = regexp.MustCompile(`[^a-zA-Z0-9.:_-]+`)

// id makes an id that nothing else has.
func (i *importer) id(name string) string {
	name = strings.Trim(notID.ReplaceAllString(name, "-"), "-")
	if len(name) > 200 {
		name = name[:200]
	}
	i.ids[name]++
	if n := i.ids[name]; n > 1 {
		return i.id(fmt.Sprintf("%s-%d", name, n))
	}
	return name
}

// price reads a number of JSON that is for so many units.
func price(raw json.RawMessage, units int64) (PicoUSD, error) {
	return ParsePrice(strings.Trim(string(raw), `"`), units)
}
