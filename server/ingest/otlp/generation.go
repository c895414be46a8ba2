package otlp

import (
	"encoding/json"
	"math"
	"strings"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/semconv"
	"github.com/langshark/langshark-go/server/ingest"
)

// modelNames say which model answered, or else was asked.
var modelNames = []string{
	semconv.LangfuseObservationModelName, semconv.GenAIResponseModel, "ai.model.id", semconv.GenAIRequestModel,
	"llm.response.model", "llm.model_name", "embedding.model_name", "llm.request.model", "mlflow.llm.model", "model",
}

// generation reads what calls of models have. Agents and the like repeat the usage of
// the calls below them, where it would count twice; what Langfuse's names say is meant.
func (c *conversion) generation() {
	o := &c.o
	calls := o.Kind.IsGeneration()
	if calls {
		o.Model = ingest.Label(unquoted(c.text(modelNames...)))
		if o.Model == "" {
			o.Model = ingest.Label(c.genkitModel())
		}
		o.ModelParameters = c.parameters()
		c.completionStart()
		c.prompt()
	} else if name := c.text(semconv.LangfuseObservationModelName); name != "" {
		o.Model = ingest.Label(name)
	}
	c.usage(calls)
	c.cost(calls)
}

// unquoted is a text without the quotes that MLflow's JSON has.
func unquoted(s string) string {
	if len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}

// parameters are those of the request: an object, or one attribute each.
func (c *conversion) parameters() json.RawMessage {
	for _, name := range [...]string{semconv.LangfuseObservationModelParameters, "llm.invocation_parameters", "model_config"} {
		if v, ok := c.get(name); ok {
			if raw := object(v); len(raw) > len("{}") {
				c.drop(name)
				return raw
			}
		}
	}
	if raw := c.genkitConfig(); raw != nil {
		return raw
	}
	if i, ok := c.index[semconv.GenAIRequestModel]; ok { // no parameter
		before := c.taken[i]
		defer func() { c.taken[i] = before }()
	}
	g := &gathered{}
	for _, prefix := range [...]string{"gen_ai.request.", "llm.invocation_parameters.", "ai.settings."} {
		if prefix == "ai.settings." && len(g.list) > 0 {
			break // Vercel has the same twice
		}
		c.below(prefix, func(key string, v value) {
			if _, twice := g.at[key]; key != "model" && !twice {
				g.put(key, v)
			}
		})
	}
	return g.json()
}

// completionStart is when the first token came: a time, or a span of time from the start.
func (c *conversion) completionStart() {
	if s := c.text(semconv.LangfuseObservationCompletionStart); s != "" {
		if at, err := ingest.ParseTime(strings.Trim(s, `"`)); err == nil {
			c.o.CompletionStart = at
		}
		return
	}
	if c.start.IsZero() {
		return
	}
	for _, after := range [...]struct {
		name string
		unit time.Duration
	}{
		{"ai.response.msToFirstChunk", time.Millisecond},
		{"ai.stream.msToFirstChunk", time.Millisecond},
		{semconv.GenAIResponseTimeToFirst, time.Second},
		{"gen_ai.server.time_to_first_token", time.Second},
		{"lk.response.ttft", time.Second},
	} {
		v, ok := c.get(after.name)
		if !ok {
			continue
		}
		if n, ok := v.float(); ok && n >= 0 && n*float64(after.unit) < math.MaxInt64/2 {
			c.drop(after.name)
			c.o.CompletionStart = c.start.Add(time.Duration(n * float64(after.unit)))
			return
		}
	}
}

// prompt links a version of a prompt.
func (c *conversion) prompt() {
	name, version := c.see(semconv.LangfuseObservationPromptName, "langfuse.prompt.name"), int64(0)
	if v, ok := c.get(semconv.LangfuseObservationPromptVersion, "langfuse.prompt.version"); ok {
		version, _ = v.integer()
	}
	if v, ok := c.get("ai.telemetry.metadata.langfusePrompt"); ok && name == "" {
		var link struct {
			Name    string `json:"name"`
			Version int64  `json:"version"`
		}
		if json.Unmarshal(object(v), &link) == nil {
			name, version = link.Name, link.Version
			c.drop("ai.telemetry.metadata.langfusePrompt")
		}
	}
	if name == "" || version < 1 || version > math.MaxInt32 {
		return // a link needs both
	}
	c.drop(semconv.LangfuseObservationPromptName, semconv.LangfuseObservationPromptVersion, "langfuse.prompt.name", "langfuse.prompt.version")
	c.o.PromptName, c.o.PromptVersion = ingest.Label(name), int(version)
}

func (c *conversion) cost(calls bool) {
	if v, ok := c.get(semconv.LangfuseObservationCostDetails); ok {
		if c.o.Cost = ingest.CostDetails(object(v)); c.o.Cost != nil {
			c.drop(semconv.LangfuseObservationCostDetails)
			return
		}
	}
	if !calls {
		return
	}
	total, ok := c.dollars("gen_ai.usage.cost", "gen_ai.usage.total_cost", "operation.cost", "llm.cost.total")
	input, hasInput := c.dollars("llm.cost.prompt", "gen_ai.usage.input_cost")
	output, hasOutput := c.dollars("llm.cost.completion", "gen_ai.usage.output_cost")
	if ok || hasInput || hasOutput {
		c.o.Cost = ingest.Cost(&exporter.Cost{Input: input, Output: output, Total: total})
	}
}

// dollars takes an amount. One that no call costs is none, and stays with the metadata.
func (c *conversion) dollars(names ...string) (exporter.NanoUSD, bool) {
	v, ok := c.get(names...)
	f, isNumber := v.float()
	if !ok || !isNumber || f < 0 || f > ingest.MaxDollars {
		return 0, false
	}
	c.take(names...)
	return exporter.USD(f), true
}
