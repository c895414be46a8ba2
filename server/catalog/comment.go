package catalog

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/langshark/langshark-go/server/store"
)

// The types of what comments and annotation queues are about.
const (
	ObjectTrace       = "TRACE"
	ObjectObservation = "OBSERVATION"
	ObjectSession     = "SESSION"
	ObjectPrompt      = "PROMPT" // a version of a prompt, by its id
)

// MaxCommentChars is how long a comment may be.
const MaxCommentChars = 5000

// Comment is what somebody says of a trace, an observation, a session or a version of a prompt.
type Comment struct {
	Identity     `json:"-"`
	ObjectType   string `json:"objectType"`
	ObjectID     string `json:"objectId"`
	Content      string `json:"content"`
	AuthorUserID string `json:"authorUserId"` // may be empty
}

// CreateComment adds a comment, given as JSON: objectType, objectId, content, and as one likes
// authorUserId. A projectId must be the project's. What it is of must be there.
func (c *Catalog) CreateComment(ctx context.Context, projectID string, body []byte) (*Comment, error) {
	o, err := parse(body)
	if err != nil {
		return nil, err
	}
	comment := &Comment{Identity: Identity{ID: newID()}, ObjectID: o.needID("objectId"), AuthorUserID: o.id("authorUserId")}
	if o.need("objectType") {
		comment.ObjectType = o.oneOf("objectType", ObjectTrace, ObjectObservation, ObjectSession, ObjectPrompt)
	}
	if o.need("content") {
		if content := o.text("content"); content != nil {
			comment.Content = *content
			if n := len([]rune(*content)); n == 0 || n > MaxCommentChars {
				o.fail("content", "too_big", "must have from 1 to %d characters, has %d", MaxCommentChars, n)
			}
		}
	}
	if given := o.text("projectId"); given != nil && *given != projectID {
		o.fail("projectId", "custom", "is not the project of the key: leave it out")
	}
	if err := o.err(); err != nil {
		return nil, err
	}
	trace, err := c.mustExist(ctx, projectID, comment.ObjectType, comment.ObjectID)
	if err != nil {
		return nil, err
	}
	err = c.change(ctx, projectID, func(tx store.DocumentTx) error {
		if err := put(tx, kindComment, comment.parent(), comment.AuthorUserID, comment); err != nil {
			return err
		}
		return keepNote(tx, trace, traceNote{comment.Identity, kindComment, comment.ObjectType, comment.ObjectID})
	})
	if err != nil {
		return nil, err
	}
	return comment, nil
}

// parent is what comments are looked for by.
func (c *Comment) parent() string { return objectKey(c.ObjectType, c.ObjectID) }

// objectKey is short, however long the id is.
func objectKey(kind, id string) string {
	return kind + " " + uuid.NewSHA1(uuid.NameSpaceURL, []byte(id)).String()
}

// mustExist returns an error unless the project has the thing, and the trace that it goes with, if any.
func (c *Catalog) mustExist(ctx context.Context, projectID, kind, id string) (trace string, err error) {
	there, trace, err := c.exists(ctx, projectID, kind, id)
	if errors.Is(err, store.ErrNotFound) {
		there, err = false, nil
	}
	if err == nil && !there {
		err = notFound("%s %s not found within authorized project", kind, id)
	}
	return trace, err
}

func (c *Catalog) exists(ctx context.Context, projectID, kind, id string) (there bool, trace string, err error) {
	switch kind {
	case ObjectTrace:
		page, err := c.store.Traces(ctx, projectID, store.TraceQuery{TraceFilter: store.TraceFilter{IDs: []string{id}}})
		return len(page.Traces) > 0, id, err
	case ObjectObservation:
		page, err := c.store.Observations(ctx, projectID, store.ObservationQuery{ObservationFilter: store.ObservationFilter{IDs: []string{id}}})
		if err != nil || len(page.Observations) == 0 {
			return false, "", err
		}
		return true, page.Observations[0].TraceID, nil
	case ObjectSession:
		_, err := c.store.Session(ctx, projectID, id)
		return err == nil, "", err
	case ObjectPrompt:
		_, err := read[promptVersion](c.reader(ctx, projectID), kindPromptVersion, id)
		return err == nil, "", err
	}
	return false, "", fmt.Errorf("langshark: object of type %q: %w", kind, store.ErrBadQuery)
}

// Comment returns a comment.
func (c *Catalog) Comment(ctx context.Context, projectID, id string) (*Comment, error) {
	comment, err := read[Comment](c.reader(ctx, projectID), kindComment, id)
	if errors.Is(err, store.ErrNotFound) {
		err = notFound("Comment not found within authorized project")
	}
	return comment, err
}

// CommentFilter narrows a list of comments. A zero field matches all; an object
// needs both its type and its id to be found fast.
type CommentFilter struct{ ObjectType, ObjectID, AuthorUserID string }

// Comments lists comments, newest first.
func (c *Catalog) Comments(ctx context.Context, projectID string, f CommentFilter, page store.Page) ([]Comment, int64, error) {
	q := store.DocumentQuery{Kind: kindComment, Page: page}
	if f.AuthorUserID != "" {
		q.Names = []string{f.AuthorUserID}
	}
	if f.ObjectType != "" && f.ObjectID != "" {
		q.Parent = objectKey(f.ObjectType, f.ObjectID)
		return list[Comment](c.reader(ctx, projectID), q)
	}
	if f.ObjectType == "" && f.ObjectID == "" {
		return list[Comment](c.reader(ctx, projectID), q)
	}
	return sift(c.reader(ctx, projectID), q, page, func(comment *Comment) bool {
		return (f.ObjectType == "" || comment.ObjectType == f.ObjectType) && (f.ObjectID == "" || comment.ObjectID == f.ObjectID)
	})
}
