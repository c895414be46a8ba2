-- Keys that were taken away, so that none is let in again.
CREATE TABLE removed_keys (
  public_key  TEXT NOT NULL,
  secret_hash BLOB NOT NULL,
  project     INTEGER NOT NULL REFERENCES projects (pk),
  removed     INTEGER NOT NULL,
  PRIMARY KEY (public_key, secret_hash)
) WITHOUT ROWID;
