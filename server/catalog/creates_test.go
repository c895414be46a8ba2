package catalog_test

import (
	"context"

	"github.com/langshark/langshark-go/server/catalog"
)

// creates gives a body to everything that takes one.
func creates(ctx context.Context, c *catalog.Catalog, b []byte) map[string]error {
	errs := map[string]error{}
	_, errs["score config"] = c.CreateScoreConfig(ctx, projectID, b)
	_, errs["score config change"] = c.UpdateScoreConfig(ctx, projectID, "none", b)
	_, errs["dataset"] = c.PutDataset(ctx, projectID, b)
	_, errs["dataset item"] = c.PutDatasetItem(ctx, projectID, b)
	_, errs["run item"] = c.LinkRunItem(ctx, projectID, b)
	_, errs["prompt"] = c.CreatePrompt(ctx, projectID, b)
	_, errs["older prompt"] = c.CreatePromptV1(ctx, projectID, b)
	_, errs["labels"] = c.LabelPrompt(ctx, projectID, "p", 1, b)
	_, errs["rollback"] = c.RollbackPrompt(ctx, projectID, b)
	_, errs["experiment"] = c.SetExperiment(ctx, projectID, "e", b)
	_, errs["webhook"] = c.CreateWebhook(ctx, projectID, b)
	_, errs["model"] = c.CreateModel(ctx, projectID, b)
	_, errs["comment"] = c.CreateComment(ctx, projectID, b)
	_, errs["queue"] = c.CreateQueue(ctx, projectID, b)
	_, errs["queue item"] = c.AddQueueItem(ctx, projectID, "none", b)
	_, errs["queue item change"] = c.UpdateQueueItem(ctx, projectID, "none", "none", b)
	_, errs["assignment"] = c.AssignQueue(ctx, projectID, "none", b)
	errs["assignment's end"] = c.UnassignQueue(ctx, projectID, "none", b)
	_, errs["ids"] = catalog.ReadTraceIDs(b)
	return errs
}
