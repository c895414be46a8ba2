CREATE TABLE documents (
  rid     INTEGER PRIMARY KEY,
  project INTEGER NOT NULL REFERENCES projects (pk),
  kind    TEXT NOT NULL,
  id      TEXT NOT NULL,
  parent  TEXT NOT NULL,
  name    TEXT NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  data    BLOB NOT NULL,
  UNIQUE (project, kind, id)
);
CREATE INDEX documents_by_time ON documents (project, kind, created);
CREATE INDEX documents_by_parent ON documents (project, kind, parent, created);
CREATE INDEX documents_by_name ON documents (project, kind, name, created);
