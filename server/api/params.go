package api

import (
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/store"
)

const (
	defaultLimit = 50
	maxLimit     = 100
)

// params reads the query of a list and gathers what is wrong with it. An empty
// value is as good as none.
type params struct {
	values url.Values
	errors ingest.FieldErrors
}

func (c *call) query() *params {
	values, err := url.ParseQuery(c.r.URL.RawQuery)
	p := &params{values: values}
	if err != nil { // net/url leaves out what it can't read
		p.fail("query", "custom", err.Error())
	}
	return p
}

func (p *params) fail(name, code, message string) {
	p.errors = append(p.errors, ingest.FieldError{Path: []string{name}, Code: code, Message: message})
}

// err is what is wrong, or nil.
func (p *params) err() error {
	if len(p.errors) == 0 {
		return nil
	}
	return p.errors
}

func (p *params) text(name string) string { return p.values.Get(name) }

// needed is a value that must be there.
func (p *params) needed(name string) string {
	s := p.values.Get(name)
	if s == "" {
		p.fail(name, "invalid_type", "required")
	}
	return s
}

// flag is true or false.
func (p *params) flag(name string, fallback bool) bool {
	switch s := p.values.Get(name); s {
	case "":
		return fallback
	case "true", "1":
		return true
	case "false", "0":
		return false
	default:
		p.fail(name, "invalid_enum_value", "must be true or false, received "+strconv.Quote(s))
		return fallback
	}
}

func (p *params) time(name string) time.Time {
	s := p.values.Get(name)
	if s == "" {
		return time.Time{}
	}
	t, err := ingest.ParseTime(strings.ReplaceAll(s, " ", "+")) // a plus sign that wasn't escaped
	if err != nil {
		p.fail(name, "invalid_string", err.Error())
	}
	return t
}

// page is a page by number.
type page struct{ number, limit int }

func (p *params) page() page {
	return page{number: p.whole("page", 1, 1, math.MaxInt32), limit: p.whole("limit", defaultLimit, 0, maxLimit)}
}

func (p *params) whole(name string, fallback, least, most int) int {
	s := strings.TrimSpace(p.values.Get(name))
	if s == "" {
		return fallback
	}
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil || math.IsNaN(f):
		p.fail(name, "invalid_type", "expected a number, received "+strconv.Quote(s))
	case f != math.Trunc(f):
		p.fail(name, "invalid_type", "expected a whole number, received "+s)
	case f < float64(least):
		p.fail(name, "too_small", "must be at least "+strconv.Itoa(least))
	case f > float64(most):
		p.fail(name, "too_big", "must be at most "+strconv.Itoa(most))
	default:
		return int(f)
	}
	return fallback
}

// store is the page as the store reads it.
func (p page) store() store.Page {
	limit := p.limit
	if limit == 0 {
		limit = -1
	}
	return store.Page{Limit: limit, Offset: (p.number - 1) * p.limit, Total: true}
}

// meta describes a page on the wire.
type meta struct {
	Page       int    `json:"page"`
	Limit      int    `json:"limit"`
	TotalItems int64  `json:"totalItems"`
	TotalPages *int64 `json:"totalPages"` // null where the limit is 0
}

func (p page) meta(total int64) meta {
	m := meta{Page: p.number, Limit: p.limit, TotalItems: total}
	if p.limit > 0 {
		pages := (total + int64(p.limit) - 1) / int64(p.limit)
		m.TotalPages = &pages
	}
	return m
}

// order reads orderBy, as in timestamp.asc.
func (p *params) order() (order store.Order, ascending bool) {
	s := p.values.Get("orderBy")
	if s == "" {
		return "", false
	}
	column, direction, given := strings.Cut(s, ".")
	switch strings.ToUpper(direction) {
	case "ASC":
		ascending = true
	case "DESC":
	default:
		if !given {
			direction = "nothing"
		}
		p.fail("orderBy", "invalid_enum_value", "the field must be followed by .asc or .desc, received "+strconv.Quote(direction))
	}
	switch order = store.Order(column); order {
	case store.OrderID, store.OrderTimestamp, store.OrderName, store.OrderUserID, store.OrderRelease, store.OrderVersion, store.OrderPublic,
		store.OrderBookmarked, store.OrderSessionID, store.OrderCreatedAt, store.OrderUpdatedAt:
	default:
		p.fail("orderBy", "invalid_enum_value", "can't order by "+strconv.Quote(column))
	}
	return order, ascending
}

// levels reads a level of observations.
func (p *params) levels(name string) []exporter.Level {
	s := p.values.Get(name)
	if s == "" {
		return nil
	}
	for _, level := range []exporter.Level{exporter.LevelDebug, exporter.LevelDefault, exporter.LevelWarning, exporter.LevelError} {
		if level.String() == s {
			return []exporter.Level{level}
		}
	}
	p.fail(name, "invalid_enum_value", "there is no level "+strconv.Quote(s)+": it is DEBUG, DEFAULT, WARNING or ERROR")
	return nil
}

// kinds reads a type of observation.
func (p *params) kinds(name string) []exporter.Kind {
	s := p.values.Get(name)
	if s == "" {
		return nil
	}
	kind, ok := exporter.ParseKind(strings.ToLower(s))
	if !ok || s != strings.ToUpper(s) {
		p.fail(name, "invalid_enum_value", "there is no type "+strconv.Quote(s)+": it is SPAN, GENERATION, EVENT or another in upper case")
		return nil
	}
	return []exporter.Kind{kind}
}
