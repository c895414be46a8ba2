package api

import (
	"net/http"

	"github.com/langshark/langshark-go/server/catalog"
)

type wireComment struct {
	ID           string  `json:"id"`
	ProjectID    string  `json:"projectId"`
	CreatedAt    instant `json:"createdAt"`
	UpdatedAt    instant `json:"updatedAt"`
	ObjectType   string  `json:"objectType"`
	ObjectID     string  `json:"objectId"`
	Content      string  `json:"content"`
	AuthorUserID orNull  `json:"authorUserId"`
}

func commentOnWire(c *catalog.Comment) wireComment {
	return wireComment{c.ID, c.ProjectID, instant(c.CreatedAt), instant(c.UpdatedAt), c.ObjectType, c.ObjectID, c.Content, orNull(c.AuthorUserID)}
}

type wireCommentID struct {
	ID string `json:"id"`
}

func (c *call) postComment() {
	change(c, http.StatusOK, c.Catalog.CreateComment, func(c *catalog.Comment) wireCommentID { return wireCommentID{c.ID} })
}

func (c *call) getComment() {
	comment, err := c.Catalog.Comment(c.ctx(), c.access.ProjectID, c.params["id"])
	answer(c, http.StatusOK, comment, err, commentOnWire)
}

func (c *call) listComments() {
	p := c.query()
	page := p.page()
	f := catalog.CommentFilter{
		ObjectType: p.option("objectType", []string{catalog.ObjectTrace, catalog.ObjectObservation, catalog.ObjectSession, catalog.ObjectPrompt}),
		ObjectID:   p.text("objectId"), AuthorUserID: p.text("authorUserId"),
	}
	if f.ObjectID != "" && f.ObjectType == "" {
		p.fail("objectType", "invalid_type", "required where objectId is given")
	}
	if err := p.err(); err != nil {
		c.fail(err)
		return
	}
	list, total, err := c.Catalog.Comments(c.ctx(), c.access.ProjectID, f, page.store())
	answerList(c, page, list, total, err, commentOnWire)
}
