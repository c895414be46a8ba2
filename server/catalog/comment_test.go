package catalog_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/store"
)

// traced is a catalog in a store with a trace, an observation and a session.
func traced(t *testing.T) *catalog.Catalog {
	t.Helper()
	c, s := open(t)
	stamp := store.NewStamp(time.Now(), false, "e")
	err := s.Write(t.Context(), &store.Batch{
		ProjectID:    projectID,
		Traces:       []store.TraceWrite{{Stamp: stamp, ID: "t", SessionID: "s"}},
		Observations: []store.ObservationWrite{{Stamp: stamp, ID: "o", TraceID: "t"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestComments(t *testing.T) {
	c := traced(t)
	prompt := do(t, c.CreatePrompt, m{"name": "p", "prompt": "x"})
	made := map[string]string{}
	for _, of := range [][2]string{{"TRACE", "t"}, {"OBSERVATION", "o"}, {"SESSION", "s"}, {"PROMPT", prompt.ID}} {
		comment := do(t, c.CreateComment, m{"objectType": of[0], "objectId": of[1], "content": "**" + of[0] + "**", "projectId": projectID})
		made[comment.ID] = of[0]
		got, err := c.Comment(t.Context(), projectID, comment.ID)
		if err != nil || got.Content != "**"+of[0]+"**" || got.ObjectID != of[1] || got.AuthorUserID != "" || got.CreatedAt.IsZero() {
			t.Errorf("%+v, %v", got, err)
		}
	}
	made[do(t, c.CreateComment, m{"objectType": "TRACE", "objectId": "t", "content": "c", "authorUserId": "u"}).ID] = "TRACE of u"
	for _, x := range []struct {
		filter catalog.CommentFilter
		want   string
	}{
		{catalog.CommentFilter{}, "TRACE of u, PROMPT, SESSION, OBSERVATION, TRACE"},
		{catalog.CommentFilter{ObjectType: "TRACE", ObjectID: "t"}, "TRACE of u, TRACE"},
		{catalog.CommentFilter{ObjectType: "TRACE", ObjectID: "t", AuthorUserID: "u"}, "TRACE of u"},
		{catalog.CommentFilter{ObjectType: "TRACE"}, "TRACE of u, TRACE"},
		{catalog.CommentFilter{AuthorUserID: "u"}, "TRACE of u"},
		{catalog.CommentFilter{ObjectType: "OBSERVATION", ObjectID: "t"}, ""},
	} {
		comments, total, err := c.Comments(t.Context(), projectID, x.filter, store.Page{Limit: 10, Total: true})
		var got []string
		for _, comment := range comments {
			got = append(got, made[comment.ID])
		}
		if err != nil || strings.Join(got, ", ") != x.want || total != int64(len(got)) {
			t.Errorf("%+v: %v of %d, %v; want %s", x.filter, got, total, err, x.want)
		}
	}
	_, err := c.Comment(t.Context(), projectID, "none")
	wantNotFound(t, "no comment", err)
}

func TestCommentRefused(t *testing.T) {
	c := traced(t)
	for _, x := range []struct {
		body any
		want []string
	}{
		{m{}, []string{"objectId", "objectType", "content"}},
		{m{"objectType": "X", "objectId": "t", "content": "c"}, []string{"objectType"}},
		{m{"objectType": "TRACE", "objectId": "t", "content": ""}, []string{"content"}},
		{m{"objectType": "TRACE", "objectId": "t", "content": strings.Repeat("김", catalog.MaxCommentChars+1)}, []string{"content"}},
		{m{"objectType": "TRACE", "objectId": "t", "content": "c", "projectId": "other"}, []string{"projectId"}},
	} {
		_, err := c.CreateComment(t.Context(), projectID, body(t, x.body))
		wantFields(t, fmt.Sprintf("%.80v", x.body), err, x.want...)
	}
	for _, kind := range []string{"TRACE", "OBSERVATION", "SESSION", "PROMPT"} {
		_, err := c.CreateComment(t.Context(), projectID, body(t, m{"objectType": kind, "objectId": "none", "content": "c"}))
		wantNotFound(t, kind, err)
	}
	do(t, c.CreateComment, m{"objectType": "TRACE", "objectId": "t", "content": strings.Repeat("김", catalog.MaxCommentChars)})
}

func TestQueues(t *testing.T) {
	c := traced(t)
	config := do(t, c.CreateScoreConfig, m{"name": "n", "dataType": "NUMERIC"}).ID
	q := do(t, c.CreateQueue, m{"name": "q", "description": "d", "scoreConfigIds": l{config, config}})
	if !slices.Equal(q.ScoreConfigIDs, []string{config}) || *q.Description != "d" {
		t.Errorf("made %+v", q)
	}
	_, err := c.CreateQueue(t.Context(), projectID, body(t, m{"name": "q", "scoreConfigIds": l{config}}))
	wantRefused(t, "the same name", err)
	_, err = c.CreateQueue(t.Context(), projectID, body(t, m{"name": "other", "scoreConfigIds": l{"none"}}))
	wantNotFound(t, "no such config", err)
	_, err = c.CreateQueue(t.Context(), projectID, body(t, m{"scoreConfigIds": l{}}))
	wantFields(t, "no name and no configs", err, "name", "scoreConfigIds")
	if list, total, err := c.Queues(t.Context(), projectID, store.Page{Total: true}); err != nil || total != 1 || list[0].ID != q.ID {
		t.Errorf("%+v of %d, %v", list, total, err)
	}
	_, err = c.Queue(t.Context(), projectID, "none")
	wantNotFound(t, "no queue", err)
}

func TestQueueItems(t *testing.T) {
	c := traced(t)
	config := do(t, c.CreateScoreConfig, m{"name": "n", "dataType": "NUMERIC"}).ID
	q := do(t, c.CreateQueue, m{"name": "q", "scoreConfigIds": l{config}}).ID
	other := do(t, c.CreateQueue, m{"name": "r", "scoreConfigIds": l{config}}).ID
	add := func(v any) (*catalog.QueueItem, error) { return c.AddQueueItem(t.Context(), projectID, q, body(t, v)) }
	first, err := add(m{"objectId": "t", "objectType": "TRACE"})
	if err != nil || first.Status != catalog.StatusPending || first.CompletedAt != nil {
		t.Fatalf("%+v, %v", first, err)
	}
	if second, err := add(m{"objectId": "o", "objectType": "OBSERVATION", "status": "COMPLETED"}); err != nil || second.CompletedAt == nil {
		t.Fatalf("%+v, %v", second, err)
	}
	_, err = add(m{"objectType": "PROMPT", "status": "X"})
	wantFields(t, "bad fields", err, "objectId", "objectType", "status")
	_, err = add(m{"objectId": "none", "objectType": "SESSION"})
	wantNotFound(t, "no such session", err)
	set := func(queue, id, status string) (*catalog.QueueItem, error) {
		return c.UpdateQueueItem(t.Context(), projectID, queue, id, body(t, m{"status": status}))
	}
	done, err := set(q, first.ID, "COMPLETED")
	if err != nil || done.CompletedAt == nil {
		t.Errorf("%+v, %v", done, err)
	}
	if again, err := set(q, first.ID, "COMPLETED"); err != nil || !again.CompletedAt.Equal(*done.CompletedAt) {
		t.Errorf("once more: %+v, %v", again, err)
	}
	count := func(status string) int64 {
		_, total, err := c.QueueItems(t.Context(), projectID, q, status, store.Page{Total: true})
		if err != nil {
			t.Error(err)
		}
		return total
	}
	if all, pending, completed := count(""), count("PENDING"), count("COMPLETED"); all != 2 || pending != 0 || completed != 2 {
		t.Errorf("%d items, %d pending, %d completed", all, pending, completed)
	}
	if back, err := set(q, first.ID, "PENDING"); err != nil || back.CompletedAt != nil || count("PENDING") != 1 {
		t.Errorf("%+v, %v", back, err)
	}
	_, err = set(q, first.ID, "X")
	wantFields(t, "no status", err, "status")
	_, err = set(other, first.ID, "COMPLETED")
	wantNotFound(t, "an item of another queue", err)
	_, err = c.QueueItem(t.Context(), projectID, other, first.ID)
	wantNotFound(t, "an item of another queue", err)
	wantNotFound(t, "an item of another queue", c.DeleteQueueItem(t.Context(), projectID, other, first.ID))
	if err := c.DeleteQueueItem(t.Context(), projectID, q, first.ID); err != nil || count("") != 1 {
		t.Errorf("%v, %d stay", err, count(""))
	}
	_, _, err = c.QueueItems(t.Context(), projectID, "none", "", store.Page{})
	wantNotFound(t, "items of no queue", err)
}

func TestAssignments(t *testing.T) {
	c := traced(t)
	config := do(t, c.CreateScoreConfig, m{"name": "n", "dataType": "NUMERIC"}).ID
	q := do(t, c.CreateQueue, m{"name": "q", "scoreConfigIds": l{config}}).ID
	for _, user := range []string{"u1", "u2", "u1"} {
		if a, err := c.AssignQueue(t.Context(), projectID, q, body(t, m{"userId": user})); err != nil || a.UserID != user || a.QueueID != q || a.ProjectID != projectID {
			t.Errorf("%+v, %v", a, err)
		}
	}
	if users, err := c.Assignees(t.Context(), projectID, q); err != nil || !slices.Equal(users, []string{"u1", "u2"}) {
		t.Errorf("%v, %v", users, err)
	}
	if err := c.UnassignQueue(t.Context(), projectID, q, body(t, m{"userId": "u1"})); err != nil {
		t.Error(err)
	}
	wantNotFound(t, "once more", c.UnassignQueue(t.Context(), projectID, q, body(t, m{"userId": "u1"})))
	_, err := c.AssignQueue(t.Context(), projectID, q, body(t, m{}))
	wantFields(t, "nobody", err, "userId")
	_, err = c.AssignQueue(t.Context(), projectID, "none", body(t, m{"userId": "u"}))
	wantNotFound(t, "no queue", err)
}
