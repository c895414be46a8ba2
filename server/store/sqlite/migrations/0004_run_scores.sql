ALTER TABLE scores ADD COLUMN dataset_run_id TEXT;
CREATE INDEX scores_by_run ON scores (project, dataset_run_id) WHERE dataset_run_id IS NOT NULL;
