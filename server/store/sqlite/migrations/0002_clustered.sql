-- Observations lie beside those of their trace, payloads in blocks of their
-- trace and batch, sums in rollups. What is not renamed stays as it was; Go
-- code moves the rows of the tables that are.

ALTER TABLE traces RENAME TO traces_v1;
ALTER TABLE observations RENAME TO observations_v1;
DROP INDEX traces_by_time;
DROP INDEX traces_by_user;
DROP INDEX traces_by_session;
DROP INDEX traces_by_name;
DROP INDEX traces_with_errors;
DROP INDEX observations_by_start;
DROP TABLE trace_attributes;

ALTER TABLE projects ADD COLUMN retention INTEGER NOT NULL DEFAULT 0; -- microseconds, 0 is for ever

-- The next row numbers: none is given twice, so that an index which lags behind
-- can't mistake a row for another.
CREATE TABLE counters (
  one      INTEGER PRIMARY KEY CHECK (one = 1),
  trace    INTEGER NOT NULL,
  payload  INTEGER NOT NULL,
  searched INTEGER NOT NULL, -- the last payload that the search index has
  dead     INTEGER NOT NULL, -- rows that were deleted from it since it was last merged
  id       INTEGER NOT NULL  -- the last row of id_log
);
INSERT INTO counters VALUES (1, 1, 1, 0, 0, 0);

-- The rows of traces and observations by the hash of their project and id. What
-- the log has is not in the table yet, in its order.
CREATE TABLE ids (
  hash INTEGER NOT NULL,
  rid  INTEGER NOT NULL,
  PRIMARY KEY (hash, rid)
) WITHOUT ROWID;
CREATE TABLE id_log (
  seq     INTEGER PRIMARY KEY,
  entries BLOB NOT NULL
);

-- A row without a trace event (events = 0) stands for observations whose trace
-- has not been heard of; it goes when the last of them goes. Narrow columns that
-- lists filter by come first.
CREATE TABLE traces (
  rid           INTEGER PRIMARY KEY,
  project       INTEGER NOT NULL,
  id            TEXT NOT NULL,
  ts            INTEGER NOT NULL,
  events        INTEGER NOT NULL,
  given_ts      INTEGER,
  name          TEXT,
  user_id       TEXT,
  session_id    TEXT,
  environment   TEXT,
  release       TEXT,
  version       TEXT,
  public        INTEGER,
  bookmarked    INTEGER NOT NULL DEFAULT 0,
  created       INTEGER NOT NULL,
  updated       INTEGER NOT NULL,
  observations  INTEGER NOT NULL DEFAULT 0,
  errors        INTEGER NOT NULL DEFAULT 0,
  warnings      INTEGER NOT NULL DEFAULT 0,
  running       INTEGER NOT NULL DEFAULT 0,
  started       INTEGER, -- the first start
  last_start    INTEGER,
  last_end      INTEGER,
  input_tokens  INTEGER NOT NULL DEFAULT 0,
  output_tokens INTEGER NOT NULL DEFAULT 0,
  total_tokens  INTEGER NOT NULL DEFAULT 0,
  cost          INTEGER NOT NULL DEFAULT 0,
  costs         INTEGER NOT NULL DEFAULT 0, -- how many are known
  next          INTEGER NOT NULL DEFAULT 1, -- number of the next observation
  root          INTEGER, -- row of the observation that names a trace not heard of
  input         INTEGER, -- payload << 8 | part
  output        INTEGER,
  tags          TEXT,
  metadata      BLOB,
  registers     BLOB
);
CREATE INDEX traces_by_time ON traces (project, ts);
CREATE INDEX traces_by_user ON traces (project, user_id, ts) WHERE user_id IS NOT NULL;
CREATE INDEX traces_by_session ON traces (project, session_id, ts) WHERE session_id IS NOT NULL;
CREATE INDEX traces_by_name ON traces (project, name, ts) WHERE name IS NOT NULL;
CREATE INDEX traces_with_errors ON traces (project, ts) WHERE errors > 0;

-- Tags have the key 't', a top-level scalar of the metadata 'm:' and its key.
CREATE TABLE trace_attributes (
  project INTEGER NOT NULL,
  key     TEXT NOT NULL,
  value   TEXT NOT NULL,
  ts      INTEGER NOT NULL,
  rid     INTEGER NOT NULL,
  PRIMARY KEY (project, key, value, ts, rid)
) WITHOUT ROWID;

-- rid is the trace's << 24 | its number within the trace.
CREATE TABLE observations (
  rid              INTEGER PRIMARY KEY,
  project          INTEGER NOT NULL,
  start            INTEGER NOT NULL,
  kind             INTEGER NOT NULL,
  level            INTEGER,
  id               TEXT NOT NULL,
  parent_id        TEXT,
  name             TEXT,
  given            INTEGER NOT NULL, -- 1: the start, 2: the trace, 4: usage
  end              INTEGER,
  model            TEXT,
  completion_start INTEGER,
  prompt_name      TEXT,
  prompt_version   INTEGER,
  input_tokens     INTEGER,
  output_tokens    INTEGER,
  total_tokens     INTEGER,
  total_cost       INTEGER,
  version          TEXT,
  environment      TEXT,
  created          INTEGER NOT NULL,
  updated          INTEGER NOT NULL,
  input            INTEGER, -- payload << 8 | part
  output           INTEGER,
  status_message   TEXT,
  details          BLOB, -- what is rarely there, as JSON
  metadata         BLOB,
  registers        BLOB NOT NULL
);
CREATE INDEX observations_by_start ON observations (project, start);

CREATE TABLE payloads (
  rid  INTEGER PRIMARY KEY,
  data BLOB NOT NULL
);

-- Traces that were too old and have more observations than go at once: these are
-- in no trace any more, and go step by step.
CREATE TABLE expiring (
  rid     INTEGER PRIMARY KEY,
  project INTEGER NOT NULL
);

ALTER TABLE tombstones ADD COLUMN kept INTEGER NOT NULL DEFAULT 0; -- when the server heard of it

-- Trained dictionaries of the payloads of a project.
CREATE TABLE dictionaries (
  id      INTEGER PRIMARY KEY,
  project INTEGER NOT NULL,
  created INTEGER NOT NULL,
  data    BLOB NOT NULL
);

-- by: 1 kind and model, 2 prompt and version, 3 environment of traces; per hour,
-- and the same + 8 per day.
CREATE TABLE rollups (
  project INTEGER NOT NULL,
  by      INTEGER NOT NULL,
  bucket  INTEGER NOT NULL, -- hour or day since 1970
  name    TEXT NOT NULL,
  number  INTEGER NOT NULL,
  sums    BLOB NOT NULL,
  PRIMARY KEY (project, by, bucket, name, number)
) WITHOUT ROWID;

CREATE TABLE user_days (
  project       INTEGER NOT NULL,
  day           INTEGER NOT NULL, -- since 1970
  user_id       TEXT NOT NULL,
  traces        INTEGER NOT NULL,
  observations  INTEGER NOT NULL,
  errors        INTEGER NOT NULL,
  warnings      INTEGER NOT NULL,
  input_tokens  INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  total_tokens  INTEGER NOT NULL,
  cost          INTEGER NOT NULL,
  costs         INTEGER NOT NULL,
  PRIMARY KEY (project, day, user_id)
) WITHOUT ROWID;

-- Words of inputs and outputs by the row of the observation, or the trace's << 24.
CREATE VIRTUAL TABLE search USING fts5 (words, content='', contentless_delete=1, detail=none, tokenize='ascii');
-- Fewer merges, which are most of its cost, and none because of deletes: a merge in
-- the background takes them out, in small steps.
INSERT INTO search (search, rank) VALUES ('automerge', 16);
INSERT INTO search (search, rank) VALUES ('crisismerge', 64);
INSERT INTO search (search, rank) VALUES ('deletemerge', 0);
