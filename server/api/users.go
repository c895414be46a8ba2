package api

import (
	"github.com/langshark/langshark-go/server/query"
)

type wireUser struct {
	UserID  orNull        `json:"user_id"`
	Metrics []wireUserDay `json:"metrics"`
}

type wireUserDay struct {
	Date  orNull          `json:"date"`
	Usage []wireUserUsage `json:"usage" nullable:"true"`
}

type wireUserUsage struct {
	Model            orNull `json:"model"`
	PromptTokens     int64  `json:"prompt_tokens"`
	CompletionTokens int64  `json:"completion_tokens"`
	TotalTokens      int64  `json:"total_tokens"`
}

// userOnWire has one day of nulls for a user without generations, as recorded.
func userOnWire(u *query.User) wireUser {
	w := wireUser{UserID: orNull(u.ID), Metrics: []wireUserDay{}}
	for _, d := range u.Days {
		w.Metrics = append(w.Metrics, wireUserDay{
			Date: orNull(d.Date.Format("2006-01-02T15:04:05")),
			Usage: convert(d.Models, func(m *query.ModelUsage) wireUserUsage {
				return wireUserUsage{orNull(m.Model), m.Input, m.Output, m.Total}
			}),
		})
	}
	if len(w.Metrics) == 0 {
		w.Metrics = append(w.Metrics, wireUserDay{})
	}
	return w
}

func (c *call) listUsers() {
	p := c.query()
	page := p.page()
	if err := p.err(); err != nil {
		c.fail(err)
		return
	}
	users, total, err := c.Reader.Users(c.ctx(), c.access.ProjectID, page.store())
	answerList(c, page, users, total, err, userOnWire)
}
