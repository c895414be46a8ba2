package langfuse

import "github.com/langshark/langshark-go/exporter"

// Apart tells the contents of files from other records: these with their
// indices, and the indices of the files. Without any, it returns no others either.
func Apart(records []exporter.Record) (others []exporter.Record, at, media []int) {
	for i := range records {
		if records[i].Media != nil {
			media = append(media, i)
		}
	}
	if len(media) == 0 {
		return nil, nil, nil
	}
	for i := range records {
		if records[i].Media == nil {
			others, at = append(others, records[i]), append(at, i)
		}
	}
	return others, at, media
}

// Unsent says of the records at the indices that a failed request left them to be tried again.
func Unsent(indices []int, cause error) (failed []exporter.Failure) {
	for _, i := range indices {
		failed = append(failed, exporter.Failure{Index: i, Reason: cause.Error(), Retry: true})
	}
	return failed
}
