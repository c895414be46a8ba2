package ingest

// Sanitize replaces what JSON can't hold or the stores don't want: bytes that
// are no UTF-8, and the character NUL, which is removed. It returns b itself if
// there is nothing to do.
func Sanitize(b []byte) []byte { return sanitize(b) }

// TooDeep reports whether valid JSON nests deeper than [MaxDepth].
func TooDeep(raw []byte) bool { return len(raw) > MaxDepth && depth(raw) > MaxDepth }

// MaxIDChars is how many characters an id may have.
const MaxIDChars = maxIDChars

// MaxCount bounds a count of one event: what a double holds exactly.
const MaxCount = maxCount
