-- The annotation queue in whose work a score was made.
ALTER TABLE scores ADD COLUMN queue_id TEXT;
