package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/cost"
	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/query"
	"github.com/langshark/langshark-go/server/store"
)

const (
	maxLimitV2 = 1000
	// metadataCut is where values of the metadata are cut, in characters, unless their keys are to be expanded.
	metadataCut = 200
)

// fieldGroups are the groups of fields of GET /v2/observations.
var fieldGroups = []string{"core", "basic", "time", "io", metadataGroup, "model", "usage", "prompt", "metrics", "trace_context"}

const metadataGroup = "metadata"

// listObservationsV2 answers GET /v2/observations: by cursor, with the groups of fields that are asked for.
func (c *call) listObservationsV2() {
	p := c.query()
	groups := append([]string{"core"}, p.groups(fieldGroups)...)
	if p.text("fields") == "" {
		groups = []string{"core", "basic"}
	}
	q := store.ObservationQuery{
		ObservationFilter: store.ObservationFilter{TraceID: p.text("traceId"), From: p.time("fromStartTime"), To: p.time("toStartTime")},
		Page:              store.Page{Limit: p.whole("limit", defaultLimit, 1, maxLimitV2), After: store.Cursor(p.text("cursor"))},
		Payloads:          slices.Contains(groups, "io"),
	}
	if p.text("parseIoAsJson") == "true" {
		p.fail("parseIoAsJson", "custom", "input and output are texts of JSON here: leave it out, and decode them")
	}
	filters, err := p.observationFilters(&q)
	if err == nil {
		err = p.err()
	}
	if err != nil {
		c.fail(err)
		return
	}
	rows, next, err := c.Reader.ObservationRows(c.ctx(), c.access.ProjectID, q, filters)
	if err != nil {
		c.fail(err)
		return
	}
	expand := strings.Split(p.text("expandMetadata"), ",")
	data := convert(rows, func(o *query.ObservationRow) map[string]any { return observationOnWireV2(o, groups, expand) })
	write(c.w, http.StatusOK, listingV2{data, nextPage{string(next)}})
}

// listingV2 is a page by cursor, of rows with as many fields as were asked for.
type listingV2 struct {
	Data []map[string]any `json:"data"`
	Meta nextPage         `json:"meta"`
}

type nextPage struct {
	Cursor string `json:"cursor,omitempty"` // left out at the end
}

// observationFilters are those of the parameter filter, or of the single ones.
func (p *params) observationFilters(q *store.ObservationQuery) ([]query.ObservationFilter, error) {
	if text := p.text("filter"); text != "" {
		q.ObservationFilter = store.ObservationFilter{}
		return query.ParseRowFilters(text)
	}
	var list []query.ObservationFilter
	equal := func(column, kind string, value any) {
		b, err := json.Marshal(value)
		if err != nil {
			p.fail(column, "custom", err.Error())
			return
		}
		operator := "="
		if kind == "stringOptions" {
			operator = "any of"
		}
		list = append(list, query.ObservationFilter{Column: column, Operator: operator, Type: kind, Value: b})
	}
	q.Kinds = p.kinds("type")
	q.Name, q.UserID, q.Version = p.text("name"), p.text("userId"), p.text("version")
	if s := p.text("sessionId"); s != "" {
		equal("sessionId", "string", s)
	}
	if list := nonEmpty(p.values["environment"]); len(list) > 0 {
		equal("environment", "stringOptions", list)
	}
	q.Levels = p.levels("level")
	if s, given := p.values["parentObservationId"]; given {
		if q.ParentID = s[0]; q.ParentID == "" {
			list = append(list, query.ObservationFilter{Column: "parentObservationId", Operator: "is null", Type: "null"})
		}
	}
	switch s := p.text("isRootObservation"); s {
	case "":
	case "true", "false":
		equal("isRootObservation", "boolean", s == "true")
	default:
		return nil, ingest.FieldErrors{{Path: []string{"isRootObservation"}, Code: "invalid_type", Message: "use true or false"}}
	}
	return list, nil
}

// observationOnWireV2 has the fields of the groups.
func observationOnWireV2(o *query.ObservationRow, groups, expand []string) map[string]any {
	m := map[string]any{
		"id": o.ID, "traceId": o.TraceID, "startTime": instant(o.Start), "endTime": instant(o.End), "projectId": o.ProjectID,
		"parentObservationId": orNull(o.ParentID), "type": strings.ToUpper(o.Kind.String()),
		"modelId": nil, "inputPrice": nil, "outputPrice": nil, "totalPrice": nil, // always there, though null without the group model
	}
	v1 := observationOnWire(&o.Observation)
	for _, g := range groups {
		switch g {
		case "basic":
			m["name"], m["level"], m["statusMessage"], m["version"] = orNull(o.Name), o.Level.String(), orNull(o.StatusMessage), orNull(o.Version)
			m["environment"], m["bookmarked"], m["public"] = o.Environment, o.Trace.Bookmarked, o.Trace.Public
			m["userId"], m["sessionId"], m["isRootObservation"] = orNull(o.Trace.UserID), orNull(o.Trace.SessionID), o.IsRoot()
		case "time":
			m["completionStartTime"], m["createdAt"], m["updatedAt"] = v1.CompletionStartTime, v1.CreatedAt, v1.UpdatedAt
		case "io":
			m["input"], m["output"] = rawText(o.Input), rawText(o.Output)
		case metadataGroup:
			m["metadata"] = cutMetadata(o.Metadata, expand)
		case "model":
			m["providedModelName"], m["internalModelId"], m["modelParameters"] = v1.Model, v1.ModelID, v1.ModelParameters
			m["modelId"], m["inputPrice"], m["outputPrice"], m["totalPrice"] = v1.ModelID, priceText(v1.InputPrice), priceText(v1.OutputPrice), priceText(v1.TotalPrice)
		case "usage":
			m["usageDetails"], m["costDetails"], m["totalCost"], m["usagePricingTierName"] = usageDetails(o.Usage), costDetails(o.Cost), v1.CalculatedTotalCost, nil
		case "prompt":
			m["promptId"], m["promptName"], m["promptVersion"] = v1.PromptID, v1.PromptName, v1.PromptVersion
		case "metrics":
			m["latency"], m["timeToFirstToken"] = v1.Latency, v1.TimeToFirstToken
		case "trace_context":
			m["tags"], m["release"], m["traceName"] = append([]string{}, o.Trace.Tags...), orNull(o.Trace.Release), orNull(o.Trace.Name)
		}
	}
	return m
}

// priceText is a price as this route has it: a text of decimal digits, null if it isn't known.
func priceText(p *cost.PicoUSD) any {
	if p == nil {
		return nil
	}
	return p.String()
}

// rawText is an input or output as a text: the text that it is, else its JSON.
func rawText(raw json.RawMessage) any {
	if len(raw) == 0 {
		return nil
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// cutMetadata cuts the long values of a metadata object.
func cutMetadata(metadata json.RawMessage, expand []string) any {
	var m map[string]json.RawMessage
	if json.Unmarshal(metadata, &m) != nil || m == nil {
		return metadata
	}
	out := make(map[string]any, len(m))
	for k, raw := range m {
		out[k] = raw
		text, _ := rawText(raw).(string)
		if slices.Contains(expand, k) || utf8.RuneCountInString(text) <= metadataCut {
			continue
		}
		out[k] = string([]rune(text)[:metadataCut])
	}
	return out
}

func usageDetails(u *store.Usage) any {
	switch {
	case u == nil:
		return map[string]int64{}
	case len(u.Details) > 0:
		return u.Details
	}
	return map[string]int64{"input": u.Input, "output": u.Output, "total": u.Total}
}

// costDetails are exclusive parts, as usageDetails are, and the total that they add up to.
func costDetails(c *store.Cost) map[string]dollars {
	m := map[string]dollars{}
	if c == nil {
		return m
	}
	if c.Total != nil {
		m["total"] = dollars{c.Total}
	}
	for name, amount := range c.Details {
		m[name] = dollars{&amount}
	}
	if len(c.Details) > 0 { // Input and Output are the sums of such
		return m
	}
	for name, amount := range map[string]*exporter.NanoUSD{"input": c.Input, "output": c.Output} {
		if amount != nil {
			m[name] = dollars{amount}
		}
	}
	return m
}
