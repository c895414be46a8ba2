package cost

import "strings"

// EncodingOf is the encoding of one of OpenAI's models, by its name; empty for
// models that aren't, or whose encoding isn't supported.
func EncodingOf(model string) Encoding {
	model = strings.ToLower(model)
	if i := strings.LastIndexByte(model, '/'); i >= 0 {
		model = model[i+1:]
	}
	model = strings.TrimPrefix(model, "ft:")
	for _, m := range [...]struct {
		prefix   string
		encoding Encoding
	}{
		{"gpt-4o", O200K},
		{"gpt-4.1", O200K},
		{"gpt-4.5", O200K},
		{"gpt-4", CL100K},
		{"gpt-3.5", CL100K},
		{"gpt-35", CL100K},
		{"text-embedding-", CL100K},
		{"babbage-002", CL100K},
		{"davinci-002", CL100K},
		{"gpt-", O200K},
		{"chatgpt-4o", O200K},
		{"o1", O200K},
		{"o3", O200K},
		{"o4", O200K},
	} {
		if strings.HasPrefix(model, m.prefix) {
			return m.encoding
		}
	}
	return ""
}
