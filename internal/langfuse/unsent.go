package langfuse

import "github.com/langshark/langshark-go/exporter"

// Unsent says of the records at the indices that a failed request left them to be tried again.
func Unsent(indices []int, cause error) (failed []exporter.Failure) {
	for _, i := range indices {
		failed = append(failed, exporter.Failure{Index: i, Reason: cause.Error(), Retry: true})
	}
	return failed
}
