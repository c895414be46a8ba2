package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/langshark/langshark-go/server/store"
)

// message is an answer that only says something.
type message struct {
	Message string `json:"message"`
}

// change has the body of a request make a thing in the catalog.
func change[T, W any](c *call, status int, f func(ctx context.Context, projectID string, body []byte) (*T, error), onWire func(*T) W) {
	body, err := c.body(maxBodyBytes)
	if err != nil {
		c.fail(err)
		return
	}
	v, err := f(c.acting(), c.access.ProjectID, body)
	answer(c, status, v, err, onWire)
}

// answer answers with one thing, or with the error.
func answer[T, W any](c *call, status int, v *T, err error, onWire func(*T) W) {
	if err != nil {
		c.fail(err)
		return
	}
	write(c.w, status, onWire(v))
}

// answerList answers with a page of things, or with the error.
func answerList[T, W any](c *call, p page, list []T, total int64, err error, onWire func(*T) W) {
	if err != nil {
		c.fail(err)
		return
	}
	write(c.w, http.StatusOK, listing{convert(list, onWire), p.meta(total)})
}

// failAs answers what isn't there with a text of its own.
func (c *call) failAs(err error, text string) {
	if errors.Is(err, store.ErrNotFound) {
		err = &apiError{status: http.StatusNotFound, message: text, name: "LangfuseNotFoundError"}
	}
	c.fail(err)
}
