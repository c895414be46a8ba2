package api

import (
	"context"
	"crypto/rand"
	"net/http"
)

type requestIDKey struct{}

// withRequestID gives the request an id: the client's if it is a short word, else a new one.
func withRequestID(r *http.Request) (*http.Request, string) {
	id := r.Header.Get("X-Request-Id")
	if !isWord(id) {
		id = rand.Text()
	}
	return r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id)), id
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
