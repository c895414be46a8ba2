package catalog

// ReadTraceIDs reads the body of a request that names traces: traceIds.
func ReadTraceIDs(body []byte) ([]string, error) {
	o, err := parse(body)
	if err != nil {
		return nil, err
	}
	ids := o.ids("traceIds")
	return ids, o.err()
}
