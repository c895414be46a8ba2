package exporter

import "cmp"

// DropReason says why a record was given up.
type DropReason uint8

// The reasons for which a record is dropped.
const (
	// DropQueueFull: the queue was at its limit and the record was of the lowest class, the oldest of it.
	DropQueueFull DropReason = iota
	// DropTooLarge: the server refused it for its size even after truncation.
	DropTooLarge
	// DropRejected: the server refused it for good.
	DropRejected
	// DropUnsupported: the server has no place for it.
	DropUnsupported
	// DropShutdown: it was not delivered when Shutdown's context ended or its last attempts had failed.
	DropShutdown
	// DropAfterShutdown: it was recorded after Shutdown.
	DropAfterShutdown
	// DropSpoolFull: the spool was at its limit, and the record among the oldest of the lowest class.
	DropSpoolFull
	// DropDamaged: it was in the spool and can't be read any more.
	DropDamaged
)

// String names the reason, as in "queue_full".
func (r DropReason) String() string {
	switch r {
	case DropQueueFull:
		return "queue_full"
	case DropTooLarge:
		return "too_large"
	case DropRejected:
		return "rejected"
	case DropUnsupported:
		return "unsupported"
	case DropShutdown:
		return "shutdown"
	case DropAfterShutdown:
		return "after_shutdown"
	case DropSpoolFull:
		return "spool_full"
	case DropDamaged:
		return "damaged"
	}
	return "unknown"
}

// Dropped counts records by the reason they were dropped for.
type Dropped struct {
	QueueFull     int64
	TooLarge      int64
	Rejected      int64
	Unsupported   int64
	Shutdown      int64
	AfterShutdown int64
	SpoolFull     int64
	Damaged       int64
}

// Total is the sum over all reasons.
func (d Dropped) Total() int64 {
	return d.QueueFull + d.TooLarge + d.Rejected + d.Unsupported + d.Shutdown + d.AfterShutdown + d.SpoolFull + d.Damaged
}

// Of returns the count for one reason.
func (d Dropped) Of(reason DropReason) int64 {
	switch reason {
	case DropQueueFull:
		return d.QueueFull
	case DropTooLarge:
		return d.TooLarge
	case DropRejected:
		return d.Rejected
	case DropUnsupported:
		return d.Unsupported
	case DropShutdown:
		return d.Shutdown
	case DropAfterShutdown:
		return d.AfterShutdown
	case DropSpoolFull:
		return d.SpoolFull
	case DropDamaged:
		return d.Damaged
	}
	return 0
}

// Stats is one consistent snapshot of a pipeline. In each,
//
//	Accepted == Delivered + Dropped.Total() + Queued + InFlight + Spooled
type Stats struct {
	// Accepted counts the records handed to the pipeline, and those adopted.
	Accepted int64
	// Adopted counts those that earlier processes had left in the spool.
	Adopted int64
	// Delivered counts those the sink has durably accepted.
	Delivered int64
	Dropped   Dropped
	// Queued counts those that wait.
	Queued int64
	// InFlight counts those in the batch being delivered.
	InFlight int64
	// Spooled counts those on disk that are not being delivered, SpoolBytes the size of the
	// files, SpoolFailures how often these could not be used.
	Spooled       int64
	SpoolBytes    int64
	SpoolFailures int64
	// Bytes is what the queued and in-flight ones take of QueueBytes.
	Bytes int64
	// Exports counts calls of the exporter; Failures those that returned an error.
	Exports  int64
	Failures int64
	// LastError is the text of the latest error, empty after the next success.
	LastError string
}

// Plus adds the counts of another pipeline. LastError is s's, else that of o.
func (s Stats) Plus(o Stats) Stats {
	for _, n := range [...]struct {
		to *int64
		of int64
	}{
		{&s.Accepted, o.Accepted},
		{&s.Adopted, o.Adopted},
		{&s.Delivered, o.Delivered},
		{&s.Queued, o.Queued},
		{&s.InFlight, o.InFlight},
		{&s.Spooled, o.Spooled},
		{&s.SpoolBytes, o.SpoolBytes},
		{&s.SpoolFailures, o.SpoolFailures},
		{&s.Bytes, o.Bytes},
		{&s.Exports, o.Exports},
		{&s.Failures, o.Failures},
	} {
		*n.to += n.of
	}
	for reason := DropQueueFull; reason <= DropDamaged; reason++ {
		s.drop(reason, o.Dropped.Of(reason))
	}
	s.LastError = cmp.Or(s.LastError, o.LastError)
	return s
}

func (s *Stats) drop(reason DropReason, n int64) {
	switch reason {
	case DropQueueFull:
		s.Dropped.QueueFull += n
	case DropTooLarge:
		s.Dropped.TooLarge += n
	case DropRejected:
		s.Dropped.Rejected += n
	case DropUnsupported:
		s.Dropped.Unsupported += n
	case DropShutdown:
		s.Dropped.Shutdown += n
	case DropAfterShutdown:
		s.Dropped.AfterShutdown += n
	case DropSpoolFull:
		s.Dropped.SpoolFull += n
	case DropDamaged:
		s.Dropped.Damaged += n
	}
}
