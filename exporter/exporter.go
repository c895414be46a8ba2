package exporter

import "context"

// Exporter delivers records to where they are kept.
//
// Calls of Export never overlap for one pipeline. An exporter does not retry:
// the pipeline alone does, and decides by the error.
type Exporter interface {
	// Export delivers the records.
	//
	//   - nil: all are durably accepted.
	//   - [*PartialError]: those named failed, all others are accepted.
	//   - any other error: none was accepted. An [*APIError] is handled by its
	//     status; everything else is tried again.
	//
	// The records are valid until Export returns. Export honours ctx.
	Export(ctx context.Context, records []Record) error
	// Shutdown releases what the exporter holds. Export is not called afterwards.
	Shutdown(ctx context.Context) error
}
