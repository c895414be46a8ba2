-- Times are microseconds since 1970, amounts of money nano-dollars.

CREATE TABLE projects (
  pk      INTEGER PRIMARY KEY,
  id      TEXT NOT NULL UNIQUE,
  name    TEXT NOT NULL UNIQUE,
  created INTEGER NOT NULL
);

CREATE TABLE api_keys (
  public_key  TEXT PRIMARY KEY,
  project     INTEGER NOT NULL REFERENCES projects (pk),
  secret_hash BLOB NOT NULL,
  created     INTEGER NOT NULL
) WITHOUT ROWID;

-- A row without a trace event (events = 0) stands for observations whose trace
-- has not been heard of; it goes when the last of them goes.
CREATE TABLE traces (
  rid           INTEGER PRIMARY KEY,
  project       INTEGER NOT NULL,
  id            TEXT NOT NULL,
  events        INTEGER NOT NULL,
  ts            INTEGER NOT NULL,
  given_ts      INTEGER,
  name          TEXT,
  user_id       TEXT,
  session_id    TEXT,
  environment   TEXT,
  release       TEXT,
  version       TEXT,
  public        INTEGER,
  bookmarked    INTEGER NOT NULL DEFAULT 0,
  tags          TEXT,
  metadata      BLOB,
  created       INTEGER NOT NULL,
  updated       INTEGER NOT NULL,
  observations  INTEGER NOT NULL DEFAULT 0,
  errors        INTEGER NOT NULL DEFAULT 0,
  warnings      INTEGER NOT NULL DEFAULT 0,
  running       INTEGER NOT NULL DEFAULT 0,
  started       INTEGER,
  latency       INTEGER NOT NULL DEFAULT 0,
  input_tokens  INTEGER NOT NULL DEFAULT 0,
  output_tokens INTEGER NOT NULL DEFAULT 0,
  total_tokens  INTEGER NOT NULL DEFAULT 0,
  cost          INTEGER,
  registers     BLOB,
  UNIQUE (project, id)
);
CREATE INDEX traces_by_time ON traces (project, ts);
CREATE INDEX traces_by_user ON traces (project, user_id, ts) WHERE user_id IS NOT NULL;
CREATE INDEX traces_by_session ON traces (project, session_id, ts) WHERE session_id IS NOT NULL;
CREATE INDEX traces_by_name ON traces (project, name, ts) WHERE name IS NOT NULL;
CREATE INDEX traces_with_errors ON traces (project, ts) WHERE errors > 0;

CREATE TABLE trace_payloads (
  rid    INTEGER PRIMARY KEY,
  input  BLOB,
  output BLOB
);

-- Tags have the key 't', a top-level scalar of the metadata 'm:' and its key.
CREATE TABLE trace_attributes (
  project INTEGER NOT NULL,
  key     TEXT NOT NULL,
  value   TEXT NOT NULL,
  ts      INTEGER NOT NULL,
  rid     INTEGER NOT NULL,
  PRIMARY KEY (project, key, value, ts, rid)
) WITHOUT ROWID;

CREATE TABLE observations (
  rid              INTEGER PRIMARY KEY,
  project          INTEGER NOT NULL,
  id               TEXT NOT NULL,
  trace_rid        INTEGER NOT NULL,
  given_trace      TEXT,
  parent_id        TEXT,
  kind             INTEGER NOT NULL,
  name             TEXT,
  environment      TEXT,
  start            INTEGER NOT NULL,
  given_start      INTEGER,
  end              INTEGER,
  level            INTEGER,
  status_message   TEXT,
  version          TEXT,
  metadata         BLOB,
  model            TEXT,
  model_parameters BLOB,
  completion_start INTEGER,
  prompt_name      TEXT,
  prompt_version   INTEGER,
  usage_unit       TEXT,
  input_tokens     INTEGER,
  output_tokens    INTEGER,
  total_tokens     INTEGER,
  usage_details    TEXT,
  input_cost       INTEGER,
  output_cost      INTEGER,
  total_cost       INTEGER,
  cost_details     TEXT,
  created          INTEGER NOT NULL,
  updated          INTEGER NOT NULL,
  registers        BLOB NOT NULL,
  UNIQUE (project, id)
);
CREATE INDEX observations_by_trace ON observations (trace_rid, start);
CREATE INDEX observations_by_start ON observations (project, start);

CREATE TABLE observation_payloads (
  rid    INTEGER PRIMARY KEY,
  input  BLOB,
  output BLOB
);

CREATE TABLE scores (
  rid            INTEGER PRIMARY KEY,
  project        INTEGER NOT NULL,
  id             TEXT NOT NULL,
  trace_id       TEXT,
  observation_id TEXT,
  session_id     TEXT,
  name           TEXT NOT NULL,
  type           TEXT NOT NULL,
  number         REAL,
  text           TEXT,
  comment        TEXT,
  source         TEXT,
  config_id      TEXT,
  environment    TEXT,
  metadata       BLOB,
  ts             INTEGER NOT NULL,
  given_ts       INTEGER,
  created        INTEGER NOT NULL,
  updated        INTEGER NOT NULL,
  registers      BLOB NOT NULL,
  UNIQUE (project, id)
);
CREATE INDEX scores_by_trace ON scores (project, trace_id) WHERE trace_id IS NOT NULL;
CREATE INDEX scores_by_session ON scores (project, session_id) WHERE session_id IS NOT NULL;
CREATE INDEX scores_by_time ON scores (project, ts);

CREATE TABLE sessions (
  rid     INTEGER PRIMARY KEY,
  project INTEGER NOT NULL,
  id      TEXT NOT NULL,
  created INTEGER NOT NULL,
  UNIQUE (project, id)
);
CREATE INDEX sessions_by_time ON sessions (project, created);

-- Observations and scores that were given several traces, by each of them:
-- a delete of any must find them.
CREATE TABLE mentions (
  project  INTEGER NOT NULL,
  trace_id TEXT NOT NULL,
  thing    INTEGER NOT NULL,
  id       TEXT NOT NULL,
  PRIMARY KEY (project, trace_id, thing, id)
) WITHOUT ROWID;

-- What was deleted, and when in the order of events. While nothing was written
-- after it, "rest" keeps the fields that a delete leaves.
CREATE TABLE tombstones (
  project   INTEGER NOT NULL,
  thing     INTEGER NOT NULL,
  id        TEXT NOT NULL,
  at_time   INTEGER NOT NULL,
  at_update INTEGER NOT NULL,
  at_event  TEXT NOT NULL,
  rest      BLOB,
  PRIMARY KEY (project, thing, id)
) WITHOUT ROWID;
