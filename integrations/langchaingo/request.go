package langchaingo

import (
	"reflect"
	"strings"

	"github.com/tmc/langchaingo/llms"
)

const (
	libraryPath = "github.com/tmc/langchaingo/"
	clientsPath = libraryPath + "llms/"
)

// provider names the library's client that v is, as in "openai"; empty for others.
func provider(v any) string {
	path, ok := strings.CutPrefix(packageOf(v), clientsPath)
	if !ok {
		return ""
	}
	name, rest, _ := strings.Cut(path, "/")
	switch {
	case name == "googleai" && rest == "vertex":
		return "gcp.vertex_ai"
	case name == "googleai":
		return "gcp.gemini"
	case name == "bedrock":
		return "aws.bedrock"
	case name == "mistral":
		return "mistral_ai"
	case name == "watsonx":
		return "ibm.watsonx.ai"
	case name == "cache", name == "fake":
		return ""
	}
	return name
}

// callsGenerate reports whether m's Call is known to be GenerateContent of one
// message: then it can be recorded with usage. Mistral's is a request of its own.
func callsGenerate(m llms.Model) bool {
	p := provider(m)
	return p != "" && p != "mistral_ai"
}

// fieldOf returns the first string that v, or a struct it holds, keeps under one
// of the names. The library's clients don't tell their model otherwise.
func fieldOf(v any, names ...string) (found string) {
	defer func() {
		if recover() != nil {
			found = ""
		}
	}()
	if !strings.HasPrefix(packageOf(v), libraryPath) {
		return ""
	}
	return search(reflect.ValueOf(v), names, 3)
}

func packageOf(v any) string {
	t := reflect.TypeOf(v)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.PkgPath()
}

func search(v reflect.Value, names []string, depth int) string {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return ""
	}
	for _, name := range names {
		if f := v.FieldByName(name); f.IsValid() && f.Kind() == reflect.String && f.Len() > 0 {
			return f.String()
		}
	}
	if depth > 1 {
		for _, name := range []string{"client", "options", "opts", "clientOptions"} {
			if f := v.FieldByName(name); f.IsValid() {
				if s := search(f, names, depth-1); s != "" {
					return s
				}
			}
		}
	}
	return ""
}

// notSet tells a temperature of zero from none.
const notSet = -1

// optionsOf applies a call's options. One that panics does so in the library.
func optionsOf(opts []llms.CallOption) (o llms.CallOptions) {
	defer func() { _ = recover() }()
	o.Temperature = notSet
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// parametersOf lists the options that are set, by OpenAI's names.
func parametersOf(o *llms.CallOptions) map[string]any {
	p := map[string]any{}
	if o.Temperature != notSet {
		p["temperature"] = o.Temperature
	}
	for name, n := range map[string]int{
		"max_tokens": o.MaxTokens, "top_k": o.TopK, "seed": o.Seed, "n": o.N, "candidate_count": o.CandidateCount,
		"min_length": o.MinLength, "max_length": o.MaxLength,
	} {
		if n != 0 {
			p[name] = n
		}
	}
	for name, f := range map[string]float64{
		"top_p": o.TopP, "frequency_penalty": o.FrequencyPenalty, "presence_penalty": o.PresencePenalty, "repetition_penalty": o.RepetitionPenalty,
	} {
		if f != 0 {
			p[name] = f
		}
	}
	if len(o.StopWords) > 0 {
		p["stop"] = o.StopWords
	}
	if o.JSONMode {
		p["response_format"] = "json_object"
	}
	if o.ResponseMIMEType != "" {
		p["response_mime_type"] = o.ResponseMIMEType
	}
	if t, ok := o.Metadata["thinking_config"].(*llms.ThinkingConfig); ok && t != nil {
		p["thinking"] = *t
	}
	if o.ToolChoice != nil {
		p["tool_choice"] = o.ToolChoice
	}
	if o.FunctionCallBehavior != "" {
		p["function_call"] = o.FunctionCallBehavior
	}
	if o.StreamingFunc != nil || o.StreamingReasoningFunc != nil {
		p["stream"] = true
	}
	return p
}
