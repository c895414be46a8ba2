package api

import (
	"net/http"

	"github.com/langshark/langshark-go/server/catalog"
)

// deleteTrace removes a trace with its observations, scores, comments and items of queues.
func (c *call) deleteTrace() {
	id := c.params["id"]
	if err := c.Reader.HasTrace(c.ctx(), c.access.ProjectID, id); err != nil {
		c.failRead(err, "Trace")
		return
	}
	if err := c.forgetTraces(id); err != nil {
		c.fail(err)
		return
	}
	write(c.w, http.StatusOK, message{"Trace deleted successfully"})
}

// deleteTraces removes those traces of a list that are there.
func (c *call) deleteTraces() {
	body, err := c.body(maxBodyBytes)
	if err != nil {
		c.fail(err)
		return
	}
	ids, err := catalog.ReadTraceIDs(body)
	if err == nil {
		err = c.forgetTraces(ids...)
	}
	if err != nil {
		c.fail(err)
		return
	}
	write(c.w, http.StatusOK, message{"Traces deleted successfully"})
}

// forgetTraces removes traces, what is said of them, and the files that only they refer to.
func (c *call) forgetTraces(ids ...string) error {
	if err := c.Ingest.DeleteTraces(c.ctx(), c.access.ProjectID, ids...); err != nil {
		return err
	}
	if err := c.Catalog.ForgetTraces(c.ctx(), c.access.ProjectID, ids...); err != nil {
		return err
	}
	return c.Media.Forget(c.ctx(), c.access.ProjectID, ids...)
}
