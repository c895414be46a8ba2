package catalog

import (
	"context"
	"errors"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// Queue is an annotation queue: things that people are to score, by some score configs.
type Queue struct {
	Identity       `json:"-"`
	Name           string   `json:"name"`
	Description    *string  `json:"description"`
	ScoreConfigIDs []string `json:"scoreConfigIds"`
}

// QueueItem is one thing of a queue.
type QueueItem struct {
	Identity    `json:"-"`
	QueueID     string     `json:"queueId"`
	ObjectID    string     `json:"objectId"`
	ObjectType  string     `json:"objectType"`
	Status      string     `json:"status"`
	CompletedAt *time.Time `json:"completedAt"` // nil unless it is completed
}

// The states of an item of a queue.
const (
	StatusPending   = "PENDING"
	StatusCompleted = "COMPLETED"
)

// Assignment says that a person works on a queue.
type Assignment struct {
	Identity `json:"-"`
	UserID   string `json:"userId"`
	QueueID  string `json:"queueId"`
}

// CreateQueue adds a queue, given as JSON: name, scoreConfigIds, description. No two have the same name.
func (c *Catalog) CreateQueue(ctx context.Context, projectID string, body []byte) (*Queue, error) {
	o, err := parse(body)
	if err != nil {
		return nil, err
	}
	q := &Queue{Identity: Identity{ID: newID()}, Name: o.needID("name"), Description: o.text("description"), ScoreConfigIDs: o.ids("scoreConfigIds")}
	if err := o.err(); err != nil {
		return nil, err
	}
	err = c.change(ctx, projectID, func(tx store.DocumentTx) error {
		other, err := named[Queue](tx, store.DocumentQuery{Kind: kindQueue}, q.Name)
		if err != nil {
			return err
		}
		if other != nil {
			return refused("There is a queue named %s: choose another name", q.Name)
		}
		for _, id := range q.ScoreConfigIDs {
			if _, err := scoreConfig(tx, id); err != nil {
				return err
			}
		}
		return put(tx, kindQueue, "", q.Name, q)
	})
	if err != nil {
		return nil, err
	}
	return q, nil
}

// Queue returns a queue.
func (c *Catalog) Queue(ctx context.Context, projectID, id string) (*Queue, error) {
	return queue(c.reader(ctx, projectID), id)
}

func queue(r reader, id string) (*Queue, error) {
	q, err := read[Queue](r, kindQueue, id)
	if errors.Is(err, store.ErrNotFound) {
		err = notFound("Annotation queue not found")
	}
	return q, err
}

// Queues lists queues, newest first.
func (c *Catalog) Queues(ctx context.Context, projectID string, page store.Page) ([]Queue, int64, error) {
	return list[Queue](c.reader(ctx, projectID), store.DocumentQuery{Kind: kindQueue, Page: page})
}

// AddQueueItem adds a thing to a queue, given as JSON: objectId, objectType, status. It must be there.
func (c *Catalog) AddQueueItem(ctx context.Context, projectID, queueID string, body []byte) (*QueueItem, error) {
	o, err := parse(body)
	if err != nil {
		return nil, err
	}
	item := &QueueItem{Identity: Identity{ID: newID()}, QueueID: queueID, ObjectID: o.needID("objectId"), Status: StatusPending}
	if o.need("objectType") {
		item.ObjectType = o.oneOf("objectType", ObjectTrace, ObjectObservation, ObjectSession)
	}
	item.change(o)
	if err := o.err(); err != nil {
		return nil, err
	}
	if _, err := c.Queue(ctx, projectID, queueID); err != nil {
		return nil, err
	}
	trace, err := c.mustExist(ctx, projectID, item.ObjectType, item.ObjectID)
	if err != nil {
		return nil, err
	}
	err = c.change(ctx, projectID, func(tx store.DocumentTx) error {
		if _, err := queue(tx, queueID); err != nil {
			return err
		}
		if err := put(tx, kindQueueItem, queueID, item.Status, item); err != nil {
			return err
		}
		return keepNote(tx, trace, traceNote{item.Identity, kindQueueItem, item.ObjectType, item.ObjectID})
	})
	if err != nil {
		return nil, err
	}
	return item, nil
}

// change applies the status that a request gives.
func (i *QueueItem) change(o *object) {
	status := o.oneOf("status", StatusPending, StatusCompleted)
	if status == "" || status == i.Status {
		return
	}
	if i.Status, i.CompletedAt = status, nil; status == StatusCompleted {
		now := time.Now().UTC()
		i.CompletedAt = &now
	}
}

// UpdateQueueItem changes the status of an item, given as JSON: status.
func (c *Catalog) UpdateQueueItem(ctx context.Context, projectID, queueID, id string, body []byte) (*QueueItem, error) {
	o, err := parse(body)
	if err != nil {
		return nil, err
	}
	o.oneOf("status", StatusPending, StatusCompleted)
	if err := o.err(); err != nil {
		return nil, err
	}
	var item *QueueItem
	err = c.change(ctx, projectID, func(tx store.DocumentTx) error {
		if item, err = queueItem(tx, queueID, id); err != nil {
			return err
		}
		item.change(o)
		return put(tx, kindQueueItem, queueID, item.Status, item)
	})
	if err != nil {
		return nil, err
	}
	return item, nil
}

// QueueItem returns an item of a queue.
func (c *Catalog) QueueItem(ctx context.Context, projectID, queueID, id string) (*QueueItem, error) {
	return queueItem(c.reader(ctx, projectID), queueID, id)
}

func queueItem(r reader, queueID, id string) (*QueueItem, error) {
	if _, err := queue(r, queueID); err != nil {
		return nil, err
	}
	item, err := read[QueueItem](r, kindQueueItem, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && item.QueueID != queueID {
		return nil, notFound("Annotation queue item not found")
	}
	return item, err
}

// QueueItems lists the items of a queue, newest first; those of a status if it is not empty.
func (c *Catalog) QueueItems(ctx context.Context, projectID, queueID, status string, page store.Page) ([]QueueItem, int64, error) {
	r := c.reader(ctx, projectID)
	if _, err := queue(r, queueID); err != nil {
		return nil, 0, err
	}
	q := store.DocumentQuery{Kind: kindQueueItem, Parent: queueID, Page: page}
	if status != "" {
		q.Names = []string{status}
	}
	return list[QueueItem](r, q)
}

// DeleteQueueItem removes an item from a queue; the thing itself stays.
func (c *Catalog) DeleteQueueItem(ctx context.Context, projectID, queueID, id string) error {
	return c.change(ctx, projectID, func(tx store.DocumentTx) error {
		item, err := queueItem(tx, queueID, id)
		if err != nil {
			return err
		}
		note := traceNote{Identity: item.Identity, Kind: kindQueueItem}
		return note.drop(tx)
	})
}

// AssignQueue has a person work on a queue, given as JSON: userId. Once more is no error.
func (c *Catalog) AssignQueue(ctx context.Context, projectID, queueID string, body []byte) (*Assignment, error) {
	a, err := readAssignment(queueID, body)
	if err != nil {
		return nil, err
	}
	err = c.change(ctx, projectID, func(tx store.DocumentTx) error {
		if _, err := queue(tx, queueID); err != nil {
			return err
		}
		return put(tx, kindQueueAssignment, queueID, a.UserID, a)
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

// UnassignQueue ends that, given as JSON: userId.
func (c *Catalog) UnassignQueue(ctx context.Context, projectID, queueID string, body []byte) error {
	a, err := readAssignment(queueID, body)
	if err != nil {
		return err
	}
	return c.change(ctx, projectID, func(tx store.DocumentTx) error {
		if _, err := queue(tx, queueID); err != nil {
			return err
		}
		err := tx.Delete(kindQueueAssignment, a.ID)
		if errors.Is(err, store.ErrNotFound) {
			err = notFound("Annotation queue assignment not found")
		}
		return err
	})
}

func readAssignment(queueID string, body []byte) (*Assignment, error) {
	o, err := parse(body)
	if err != nil {
		return nil, err
	}
	user := o.needID("userId")
	return &Assignment{Identity: Identity{ID: objectKey(queueID, user)}, UserID: user, QueueID: queueID}, o.err()
}

// Assignees are the people who work on a queue, in the order in which they were assigned; at most 1,000.
func (c *Catalog) Assignees(ctx context.Context, projectID, queueID string) ([]string, error) {
	assignments, _, err := list[Assignment](c.reader(ctx, projectID), store.DocumentQuery{Kind: kindQueueAssignment, Parent: queueID, Ascending: true, Page: store.Page{Limit: MaxList}})
	var users []string
	for _, a := range assignments {
		users = append(users, a.UserID)
	}
	return users, err
}
