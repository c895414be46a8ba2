package query

import (
	"strings"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// metadataColumn is the column that has keys.
const metadataColumn = "metadata"

// observationColumn is what a filter of observations looks at. Durations are in seconds, money in dollars.
type observationColumn = rowColumn[*ObservationRow]

func textColumn(of func(*ObservationRow) string) observationColumn {
	return observationColumn{store.FactText, func(o *ObservationRow) any {
		if s := of(o); s != "" {
			return s
		}
		return nil
	}}
}

func numberColumn(of func(*ObservationRow) (float64, bool)) observationColumn {
	return observationColumn{store.FactNumber, func(o *ObservationRow) any {
		if x, ok := of(o); ok {
			return x
		}
		return nil
	}}
}

func timeColumn(of func(*ObservationRow) time.Time) observationColumn {
	return observationColumn{store.FactTime, func(o *ObservationRow) any {
		if t := of(o); !t.IsZero() {
			return t.UnixMicro()
		}
		return nil
	}}
}

func tokenColumn(of func(*store.Usage) int64) observationColumn {
	return numberColumn(func(o *ObservationRow) (float64, bool) {
		if o.Usage == nil {
			return 0, false
		}
		return float64(of(o.Usage)), true
	})
}

func moneyColumn(of func(*store.Cost) *exporter.NanoUSD) observationColumn {
	return numberColumn(func(o *ObservationRow) (float64, bool) {
		if o.Cost == nil || of(o.Cost) == nil {
			return 0, false
		}
		return float64(*of(o.Cost)) / nanosPerDollar, true
	})
}

// tagColumn has the tags of the trace.
var tagColumn = observationColumn{store.FactList, func(o *ObservationRow) any { return o.Trace.Tags }}

// observationColumns are the columns of filters by their names in the API, and other names of theirs.
var observationColumns = map[string]observationColumn{
	"id":                  textColumn(func(o *ObservationRow) string { return o.ID }),
	"traceId":             textColumn(func(o *ObservationRow) string { return o.TraceID }),
	"parentObservationId": textColumn(func(o *ObservationRow) string { return o.ParentID }),
	"type":                textColumn(func(o *ObservationRow) string { return strings.ToUpper(o.Kind.String()) }),
	"name":                textColumn(func(o *ObservationRow) string { return o.Name }),
	"environment":         textColumn(func(o *ObservationRow) string { return o.Environment }),
	"level":               textColumn(func(o *ObservationRow) string { return o.Level.String() }),
	"statusMessage":       textColumn(func(o *ObservationRow) string { return o.StatusMessage }),
	"version":             textColumn(func(o *ObservationRow) string { return o.Version }),
	"userId":              textColumn(func(o *ObservationRow) string { return o.Trace.UserID }),
	"sessionId":           textColumn(func(o *ObservationRow) string { return o.Trace.SessionID }),
	"release":             textColumn(func(o *ObservationRow) string { return o.Trace.Release }),
	"traceName":           textColumn(func(o *ObservationRow) string { return o.Trace.Name }),
	"traceTags":           tagColumn,
	"tags":                tagColumn,
	"isRootObservation":   {store.FactFlag, func(o *ObservationRow) any { return o.IsRoot() }},
	"startTime":           timeColumn(func(o *ObservationRow) time.Time { return o.Start }),
	"endTime":             timeColumn(func(o *ObservationRow) time.Time { return o.End }),
	"latency":             numberColumn(func(o *ObservationRow) (float64, bool) { return o.Latency().Seconds(), !o.End.IsZero() }),
	"timeToFirstToken": numberColumn(func(o *ObservationRow) (float64, bool) {
		return o.TimeToFirstToken().Seconds(), !o.CompletionStart.IsZero()
	}),
	"tokensPerSecond": numberColumn(func(o *ObservationRow) (float64, bool) {
		if s := o.Latency().Seconds(); o.Usage != nil && s > 0 {
			return float64(o.Usage.Output) / s, true
		}
		return 0, false
	}),
	"inputTokens":       tokenColumn(func(u *store.Usage) int64 { return u.Input }),
	"outputTokens":      tokenColumn(func(u *store.Usage) int64 { return u.Output }),
	"totalTokens":       tokenColumn(func(u *store.Usage) int64 { return u.Total }),
	"tokens":            tokenColumn(func(u *store.Usage) int64 { return u.Total }),
	"inputCost":         moneyColumn(func(c *store.Cost) *exporter.NanoUSD { return c.Input }),
	"outputCost":        moneyColumn(func(c *store.Cost) *exporter.NanoUSD { return c.Output }),
	"totalCost":         moneyColumn(func(c *store.Cost) *exporter.NanoUSD { return c.Total }),
	"model":             textColumn(func(o *ObservationRow) string { return o.Model }),
	"providedModelName": textColumn(func(o *ObservationRow) string { return o.Model }),
	"promptName":        textColumn(func(o *ObservationRow) string { return o.PromptName }),
	"promptVersion":     numberColumn(func(o *ObservationRow) (float64, bool) { return float64(o.PromptVersion), o.PromptName != "" }),
	"input":             textColumn(func(o *ObservationRow) string { return string(o.Input) }),
	"output":            textColumn(func(o *ObservationRow) string { return string(o.Output) }),
	metadataColumn:      {store.FactText, nil},
}
