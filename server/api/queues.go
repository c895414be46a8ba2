package api

import (
	"net/http"

	"github.com/langshark/langshark-go/server/catalog"
)

type wireQueue struct {
	ID             string   `json:"id"`
	Name           string   `json:"name"`
	Description    *string  `json:"description"`
	ScoreConfigIDs []string `json:"scoreConfigIds"`
	CreatedAt      instant  `json:"createdAt"`
	UpdatedAt      instant  `json:"updatedAt"`
}

func queueOnWire(q *catalog.Queue) wireQueue {
	return wireQueue{q.ID, q.Name, q.Description, q.ScoreConfigIDs, instant(q.CreatedAt), instant(q.UpdatedAt)}
}

type wireQueueItem struct {
	ID          string  `json:"id"`
	QueueID     string  `json:"queueId"`
	ObjectID    string  `json:"objectId"`
	ObjectType  string  `json:"objectType"`
	Status      string  `json:"status"`
	CompletedAt instant `json:"completedAt"`
	CreatedAt   instant `json:"createdAt"`
	UpdatedAt   instant `json:"updatedAt"`
}

func queueItemOnWire(i *catalog.QueueItem) wireQueueItem {
	w := wireQueueItem{ID: i.ID, QueueID: i.QueueID, ObjectID: i.ObjectID, ObjectType: i.ObjectType, Status: i.Status, CreatedAt: instant(i.CreatedAt), UpdatedAt: instant(i.UpdatedAt)}
	if i.CompletedAt != nil {
		w.CompletedAt = instant(*i.CompletedAt)
	}
	return w
}

type wireAssignment struct {
	UserID    string `json:"userId"`
	QueueID   string `json:"queueId"`
	ProjectID string `json:"projectId"`
}

// success says that something is done.
type success struct {
	Success bool   `json:"success"`
	Message string `json:"message,omitempty"`
}

func (c *call) postQueue() { change(c, http.StatusOK, c.Catalog.CreateQueue, queueOnWire) }

func (c *call) getQueue() {
	q, err := c.Catalog.Queue(c.ctx(), c.access.ProjectID, c.params["id"])
	answer(c, http.StatusOK, q, err, queueOnWire)
}

func (c *call) listQueues() {
	p := c.query()
	page := p.page()
	if err := p.err(); err != nil {
		c.fail(err)
		return
	}
	list, total, err := c.Catalog.Queues(c.ctx(), c.access.ProjectID, page.store())
	answerList(c, page, list, total, err, queueOnWire)
}

func (c *call) postQueueItem() {
	body, err := c.body(maxBodyBytes)
	if err != nil {
		c.fail(err)
		return
	}
	item, err := c.Catalog.AddQueueItem(c.ctx(), c.access.ProjectID, c.params["id"], body)
	answer(c, http.StatusOK, item, err, queueItemOnWire)
}

func (c *call) listQueueItems() {
	p := c.query()
	page := p.page()
	status := p.option("status", []string{catalog.StatusPending, catalog.StatusCompleted})
	if err := p.err(); err != nil {
		c.fail(err)
		return
	}
	list, total, err := c.Catalog.QueueItems(c.ctx(), c.access.ProjectID, c.params["id"], status, page.store())
	answerList(c, page, list, total, err, queueItemOnWire)
}

func (c *call) getQueueItem() {
	item, err := c.Catalog.QueueItem(c.ctx(), c.access.ProjectID, c.params["id"], c.params["item"])
	answer(c, http.StatusOK, item, err, queueItemOnWire)
}

func (c *call) patchQueueItem() {
	body, err := c.body(maxBodyBytes)
	if err != nil {
		c.fail(err)
		return
	}
	item, err := c.Catalog.UpdateQueueItem(c.ctx(), c.access.ProjectID, c.params["id"], c.params["item"], body)
	answer(c, http.StatusOK, item, err, queueItemOnWire)
}

func (c *call) deleteQueueItem() {
	if err := c.Catalog.DeleteQueueItem(c.ctx(), c.access.ProjectID, c.params["id"], c.params["item"]); err != nil {
		c.fail(err)
		return
	}
	write(c.w, http.StatusOK, success{true, "Annotation queue item deleted successfully"})
}

func (c *call) postAssignment() {
	body, err := c.body(maxBodyBytes)
	if err != nil {
		c.fail(err)
		return
	}
	a, err := c.Catalog.AssignQueue(c.ctx(), c.access.ProjectID, c.params["id"], body)
	answer(c, http.StatusOK, a, err, func(a *catalog.Assignment) wireAssignment {
		return wireAssignment{a.UserID, a.QueueID, a.ProjectID}
	})
}

func (c *call) deleteAssignment() {
	body, err := c.body(maxBodyBytes)
	if err == nil {
		err = c.Catalog.UnassignQueue(c.ctx(), c.access.ProjectID, c.params["id"], body)
	}
	if err != nil {
		c.fail(err)
		return
	}
	write(c.w, http.StatusOK, success{Success: true})
}
