package server

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/internal/accesslog"
	"github.com/langshark/langshark-go/server/query"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/webhook"
)

// Bounds of the buckets of histograms, in seconds.
var (
	requestBuckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
	commitBuckets  = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
)

// metrics is what the server says of itself. What the store counts is asked
// when it is collected.
type metrics struct {
	store   store.Store
	reader  *query.Reader
	ingest  *ingest.Ingester
	catalog *catalog.Catalog
	sender  func() *webhook.Sender // nil without housekeeping

	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	inFlight  prometheus.Gauge
	registry  *prometheus.Registry
}

func newMetrics(s *Server) (*metrics, error) {
	m := &metrics{
		store: s.store, reader: s.reader, ingest: s.ingest, catalog: s.catalog, sender: func() *webhook.Sender { return s.sender },
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "langshark_http_requests_total", Help: "Requests answered, by route, method and class of status.",
		}, []string{"route", "method", "code"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "langshark_http_request_duration_seconds", Help: "How long requests took, by route and method; streams of events aside.", Buckets: requestBuckets,
		}, []string{"route", "method"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "langshark_http_requests_in_flight", Help: "Requests being served, live pages included."}),
		registry: prometheus.NewRegistry(),
	}
	for _, c := range append([]prometheus.Collector{m}, s.cfg.Collectors...) {
		if err := m.registry.Register(c); err != nil {
			return nil, fmt.Errorf("langshark: Config.Collectors: %w", err)
		}
	}
	return m, nil
}

// Collector has the metrics of this server, the same as /metrics, for the
// registry of the application that carries it. Of several servers each needs a
// label of its own, by [prometheus.WrapRegistererWith].
func (s *Server) Collector() prometheus.Collector { return s.metrics }

// Began implements [accesslog.Observer].
func (m *metrics) Began() { m.inFlight.Inc() }

// Ended implements [accesslog.Observer].
func (m *metrics) Ended(e *accesslog.Entry) {
	m.inFlight.Dec()
	method := e.Method
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
	default: // a client may make up any
		method = accesslog.Other
	}
	m.requests.WithLabelValues(e.Route, method, fmt.Sprintf("%dxx", e.Status/100)).Inc()
	if !e.Stream {
		m.durations.WithLabelValues(e.Route, method).Observe(e.Duration.Seconds())
	}
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("langshark_"+name, help, labels, nil)
}

// The metrics that are read from elsewhere when they are collected.
var (
	descBuild       = desc("build_info", "Always 1; the labels have the versions.", "version", "goversion")
	descEvents      = desc("ingestion_events_total", "Events that were stored (accepted), or refused because of what is in them (rejected), by kind; of the API and of exporters in the process.", "kind", "outcome")
	descSubscribers = desc("live_subscribers", "Live pages that listen to changes.")
	descWatches     = desc("prompt_watchers", "Clients that are told of changed prompts.")
	descWebhooks    = desc("webhook_attempts_total", "Attempts to deliver to webhooks, by what became of them.", "outcome")

	descPendingWrites = desc("store_pending_writes", "Writes that wait or are being committed.")
	descPendingBytes  = desc("store_pending_bytes", "Size of the writes that wait or are being committed.")
	descCommits       = desc("store_commits_total", "Commits.")
	descWrites        = desc("store_writes_total", "Writes that were committed.")
	descRefused       = desc("store_refused_writes_total", "Writes refused to be sent again later: too many were waiting (busy), or the disk was full (full).", "reason")
	descFailed        = desc("store_failed_writes_total", "Writes that failed for any other reason.")
	descCommitTime    = desc("store_commit_duration_seconds", "How long commits took, waiting in the queue apart.")
	descExpired       = desc("store_expired_traces_total", "Traces deleted because of their age.")
	descSearchLag     = desc("store_search_lag_observations", "About how many observations search can't find yet.")
	descFileBytes     = desc("store_file_bytes", "Size of all files of the store.")
	descFreeBytes     = desc("store_free_bytes", "What of these files is free for reuse.")
	descReadOnly      = desc("store_read_only", "1 if nothing can be written because the disk is full, else 0.")

	descs = []*prometheus.Desc{
		descBuild, descEvents, descSubscribers, descWatches, descWebhooks, descPendingWrites, descPendingBytes, descCommits, descWrites, descRefused,
		descFailed, descCommitTime, descExpired, descSearchLag, descFileBytes, descFreeBytes, descReadOnly,
	}
)

// Describe implements [prometheus.Collector].
func (m *metrics) Describe(out chan<- *prometheus.Desc) {
	m.requests.Describe(out)
	m.durations.Describe(out)
	m.inFlight.Describe(out)
	for _, d := range descs {
		out <- d
	}
}

// Collect implements [prometheus.Collector].
func (m *metrics) Collect(out chan<- prometheus.Metric) {
	m.requests.Collect(out)
	m.durations.Collect(out)
	m.inFlight.Collect(out)
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v int64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	gauge(descBuild, 1, Version, runtime.Version())
	gauge(descSubscribers, float64(m.reader.Subscribers()))
	gauge(descWatches, float64(m.catalog.PromptWatches()))
	if s := m.sender(); s != nil {
		sent := s.Stats()
		counter(descWebhooks, sent.Arrived, "arrived")
		counter(descWebhooks, sent.Failed, "failed")
	}
	for _, kind := range ingest.Kinds() {
		c := m.ingest.Counts(kind)
		if kind != ingest.KindUnknown { // which none is accepted of
			counter(descEvents, c.Accepted, kind.String(), "accepted")
		}
		counter(descEvents, c.Rejected, kind.String(), "rejected")
	}

	s := m.store.Stats()
	gauge(descPendingWrites, float64(s.Pending))
	gauge(descPendingBytes, float64(s.PendingBytes))
	counter(descCommits, s.Commits)
	counter(descWrites, s.Writes)
	counter(descRefused, s.Busy, "busy")
	counter(descRefused, s.Full, "full")
	counter(descFailed, s.Failed)
	out <- histogram(descCommitTime, &s.CommitTime, commitBuckets)
	counter(descExpired, s.Expired)
	gauge(descSearchLag, float64(s.SearchLag))
	gauge(descFileBytes, float64(s.FileBytes))
	gauge(descFreeBytes, float64(s.FreeBytes))
	readOnly := 0.0
	if s.ReadOnly {
		readOnly = 1
	}
	gauge(descReadOnly, readOnly)
}

// histogram gives a histogram of the store the bounds given, in seconds. Its
// own buckets are narrow: what is counted below a bound is at most 5 % above it.
func histogram(d *prometheus.Desc, h *store.Histogram, bounds []float64) prometheus.Metric {
	buckets := make(map[float64]uint64, len(bounds))
	for _, bound := range bounds {
		last := store.BucketOf(time.Duration(bound * float64(time.Second)))
		var n int64
		for bucket, count := range h.Buckets {
			if bucket <= last {
				n += count
			}
		}
		buckets[bound] = uint64(max(n, 0))
	}
	const second = float64(time.Second / time.Microsecond)
	return prometheus.MustNewConstHistogram(d, uint64(max(h.Count(), 0)), float64(h.Sum)/second, buckets)
}

// promLog is where the handler of /metrics says what could not be collected.
type promLog struct{ log *slog.Logger }

// Println implements promhttp.Logger.
func (l promLog) Println(v ...any) {
	l.log.Error("langshark: metrics: " + strings.TrimSpace(fmt.Sprintln(v...)))
}
