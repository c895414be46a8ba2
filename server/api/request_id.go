package api

import (
	"context"
	"crypto/rand"
	"net/http"
)

type requestIDKey struct{}

// newRequestID is the id of a request: the client's if it is a short word, else a new one.
func newRequestID(r *http.Request) string {
	if id := r.Header.Get("X-Request-Id"); isWord(id) {
		return id
	}
	return rand.Text()
}

func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

func isWord(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}
