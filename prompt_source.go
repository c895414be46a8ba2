package langshark

import (
	"context"
	"errors"
)

// ErrPromptNotFound is returned when a project has no such prompt, no such version of it, or none with that label.
var ErrPromptNotFound = errors.New("langshark: prompt not found")

// PromptSource is where a client gets managed prompts from: by default the server at
// Config.Host. An embedded server gives one of its own, and tests may.
type PromptSource interface {
	// FetchPrompt returns what is asked for, or an error that wraps [ErrPromptNotFound], or for an
	// experiment [errors.ErrUnsupported] if there are none here. It honours ctx and is called by several goroutines.
	FetchPrompt(ctx context.Context, r PromptRequest) (PromptResponse, error)
}

// PromptRequest names one version of a prompt, or an experiment on it.
type PromptRequest struct {
	// Name may have any characters; slashes make folders.
	Name string
	// Version begins at 1; 0 means the one with the label.
	Version int
	// Label is used where Version is 0 and Experiment empty. Then it is never empty.
	Label string
	// Experiment asks for an experiment with the versions that it has.
	Experiment string
	// ETag is that of what the client has, or empty.
	ETag string
}

// PromptResponse answers a [PromptRequest].
type PromptResponse struct {
	// Body is JSON: what GET /api/public/v2/prompts/{name} answers, or for an
	// experiment GET /api/public/prompt-experiments/{experiment}. See docs/wire.md.
	Body []byte
	// ETag names this state of it, in the form of the header. It may be empty.
	ETag string
	// NotModified says that it is still what the request's ETag names; Body is then empty.
	NotModified bool
}

// PromptWatcher is a [PromptSource] that tells of changes as they are made.
type PromptWatcher interface {
	// WatchPrompts calls changed with the name of each prompt that has changed,
	// and with "" when any may have: first of all, once it watches. It returns when
	// ctx ends or the connection does, [errors.ErrUnsupported] if the server
	// tells of no changes. changed returns at once.
	WatchPrompts(ctx context.Context, changed func(name string)) error
}

// PromptIdentifier is a [PromptSource] that says whose prompts it has. Config.PromptSnapshot keeps those of no
// other source, since the next process could not tell whether they are its own.
type PromptIdentifier interface {
	// PromptIdentity names the project and where it is kept: the same in each process, another for each
	// other project. Empty means that it can't say.
	PromptIdentity() string
}
