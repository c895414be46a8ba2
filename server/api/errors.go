package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/langshark/langshark-go/server/auth"
	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/ingest/otlp"
	"github.com/langshark/langshark-go/server/internal/accesslog"
	"github.com/langshark/langshark-go/server/internal/body"
	"github.com/langshark/langshark-go/server/media"
	"github.com/langshark/langshark-go/server/store"
)

// apiError is an answer that is an error.
type apiError struct {
	status  int
	message string
	name    string // left out if empty
	text    string // instead of JSON, without a content type
}

func (e *apiError) Error() string { return e.message }

var (
	errNoRoute  = &apiError{status: http.StatusNotFound, message: "There is no such route", name: "NotFoundError"}
	errNoMethod = &apiError{status: http.StatusMethodNotAllowed, message: "Method not allowed", name: "MethodNotAllowedError"}
	errSecret   = &apiError{status: http.StatusUnauthorized, message: "Access denied - need to use basic auth with secret key"}
	errPrompts  = &apiError{status: http.StatusForbidden, message: "Access denied - need to use basic auth with secret key to GET prompts", name: "ForbiddenError"}
	errRate     = &apiError{status: http.StatusTooManyRequests, message: "Too many requests with this key: wait as long as Retry-After says", name: "TooManyRequestsError"}
	errBodyJSON = &apiError{status: http.StatusBadRequest, text: "Invalid JSON"}
)

func notFound(thing string) *apiError {
	return &apiError{status: http.StatusNotFound, message: thing + " not found within authorized project", name: "LangfuseNotFoundError"}
}

// fieldIssue is one error of a request's field on the wire.
type fieldIssue struct {
	Code    string   `json:"code"`
	Path    []string `json:"path"`
	Message string   `json:"message"`
}

// fail is the one place that turns errors into answers.
func (a *api) fail(w http.ResponseWriter, r *http.Request, err error) {
	var known *apiError
	var denied *auth.Error
	var tooLarge *http.MaxBytesError
	var missing *catalog.NotFoundError
	var forbidden *catalog.ForbiddenError
	var conflict *catalog.ConflictError
	var refused *ingest.RequestError
	fields, invalid := ingest.IsInvalid(err)
	switch {
	case errors.As(err, &known) && known.text != "":
		w.Header()["Content-Type"] = nil
		w.WriteHeader(known.status)
		_, _ = w.Write([]byte(known.text))
	case errors.As(err, &known):
		answer := map[string]any{"message": known.message}
		if known.name != "" {
			answer["error"] = known.name
		}
		write(w, known.status, answer)
	case errors.As(err, &missing):
		write(w, http.StatusNotFound, map[string]any{"message": missing.Message, "error": "LangfuseNotFoundError"})
	case errors.As(err, &forbidden):
		write(w, http.StatusForbidden, map[string]any{"message": forbidden.Message, "error": "ForbiddenError"})
	case errors.As(err, &conflict):
		write(w, http.StatusConflict, map[string]any{"message": conflict.Message, "error": "ConflictError"})
	case errors.As(err, &refused):
		write(w, http.StatusBadRequest, map[string]any{"message": refused.Message, "error": "InvalidRequestError"})
	case errors.As(err, &denied):
		w.Header().Set("WWW-Authenticate", `Basic realm="LangShark"`)
		write(w, http.StatusUnauthorized, map[string]any{"message": denied.Message})
	case invalid:
		issues := make([]fieldIssue, len(fields))
		for i, f := range fields {
			issues[i] = fieldIssue{Code: f.Code, Path: append([]string{}, f.Path...), Message: f.Error()}
		}
		write(w, http.StatusBadRequest, map[string]any{"message": "Invalid request data", "error": issues})
	case errors.As(err, &tooLarge):
		w.Header()["Content-Type"] = nil
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		_, _ = fmt.Fprintf(w, "Body exceeded %smb limit", strconv.FormatFloat(float64(tooLarge.Limit)/(1<<20), 'f', -1, 64))
	case errors.Is(err, store.ErrBadQuery), errors.Is(err, store.ErrBadCursor), errors.Is(err, store.ErrBadOrder):
		write(w, http.StatusBadRequest, map[string]any{
			"message": "Invalid request data", "error": []fieldIssue{{Code: "custom", Path: []string{"query"}, Message: strings.TrimPrefix(err.Error(), "langshark: ")}},
		})
	case errors.Is(err, body.ErrEncoding):
		w.Header().Set("Accept-Encoding", "gzip, zstd, deflate")
		write(w, http.StatusUnsupportedMediaType, map[string]any{"message": "Invalid request body: " + body.ErrEncoding.Error(), "error": "UnsupportedMediaTypeError"})
	case errors.Is(err, body.ErrBroken):
		write(w, http.StatusBadRequest, map[string]any{"message": "Invalid request body: " + body.ErrBroken.Error() + " as its Content-Encoding says", "error": "InvalidRequestError"})
	case errors.Is(err, otlp.ErrBody):
		write(w, http.StatusBadRequest, map[string]any{"message": "Invalid request body: " + strings.TrimPrefix(err.Error(), "langshark: "), "error": "InvalidRequestError"})
	case errors.Is(err, otlp.ErrTooMuch):
		write(w, http.StatusRequestEntityTooLarge, map[string]any{"message": "Invalid request body: " + strings.TrimPrefix(err.Error(), "langshark: "), "error": "PayloadTooLargeError"})
	case errors.Is(err, ingest.ErrTooManyScores):
		write(w, http.StatusRequestEntityTooLarge, map[string]any{"message": "Invalid request body: " + ingest.ErrTooManyScores.Error(), "error": "PayloadTooLargeError"})
	case errors.Is(err, ingest.ErrTooMany):
		write(w, http.StatusRequestEntityTooLarge, map[string]any{"message": "Invalid request body: " + ingest.ErrTooMany.Error(), "error": "PayloadTooLargeError"})
	case errors.Is(err, ingest.ErrNotJSON):
		a.fail(w, r, errBodyJSON)
	case errors.Is(err, store.ErrBusy):
		w.Header().Set("Retry-After", strconv.Itoa(int(store.RetryAfter.Seconds())))
		write(w, http.StatusTooManyRequests, map[string]any{"message": "Too many writes are waiting, try again", "error": "TooManyRequestsError"})
	case errors.Is(err, catalog.ErrTooManyWatches):
		w.Header().Set("Retry-After", "30")
		write(w, http.StatusTooManyRequests, map[string]any{
			"message": fmt.Sprintf("%d clients watch the prompts of this project: close some, or poll", catalog.MaxPromptWatches), "error": "TooManyRequestsError",
		})
	case errors.Is(err, store.ErrFull):
		w.Header().Set("Retry-After", strconv.Itoa(int(ingest.RetryAfterFull.Seconds())))
		write(w, http.StatusInsufficientStorage, map[string]any{
			"message": "The server's disk is full: nothing is written until there is room again, reads go on. Send it again later", "error": "InsufficientStorageError",
		})
	case errors.Is(err, media.ErrGrant):
		write(w, http.StatusForbidden, map[string]any{"message": "Access denied: " + media.ErrGrant.Error(), "error": "ForbiddenError"})
	case errors.Is(err, media.ErrContent):
		write(w, http.StatusBadRequest, map[string]any{"message": strings.TrimPrefix(err.Error(), "langshark: "), "error": "InvalidRequestError"})
	case errors.Is(err, media.ErrTooMuch):
		write(w, http.StatusInsufficientStorage, map[string]any{"message": strings.TrimPrefix(err.Error(), "langshark: "), "error": "InsufficientStorageError"})
	case errors.Is(err, store.ErrLastKey):
		write(w, http.StatusBadRequest, map[string]any{"message": "This is the last key of its project: make another one first", "error": "InvalidRequestError"})
	case errors.Is(err, store.ErrClosed), errors.Is(err, catalog.ErrClosed):
		write(w, http.StatusServiceUnavailable, map[string]any{"message": "The server is shutting down", "error": "ServiceUnavailableError"})
	case errors.Is(err, context.Canceled) && r.Context().Err() != nil:
		w.WriteHeader(http.StatusBadRequest) // nobody reads it
	default:
		a.Logger.ErrorContext(r.Context(), "langshark: request failed", "method", r.Method, "route", accesslog.Route(r), "error", err)
		write(w, http.StatusInternalServerError, map[string]any{"message": "Internal Server Error", "error": "InternalServerError"})
	}
}

// write answers with JSON. It is encoded before the status is sent, so that what
// can't be encoded is not half an answer.
func write(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	text, err := encode(answer)
	if err != nil {
		status = http.StatusInternalServerError
		text = []byte(`{"error":"InternalServerError","message":"Internal Server Error: the answer has no form in JSON"}` + "\n")
	}
	if tag(w, status, text) {
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write(text) // the client has gone
}
