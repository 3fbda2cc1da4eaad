-- What the daemon runs with, when a source left the config, and lists that have become others.

ALTER TABLE source ADD COLUMN removed INTEGER;  -- when it left the config; NULL: it is there, or left before this was noted
ALTER TABLE source ADD COLUMN moved INTEGER;    -- until its new list was read: when its old one was last read

CREATE TABLE running (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    time INTEGER NOT NULL,                      -- when the daemon took it up
    body BLOB NOT NULL                          -- config::Snapshot::text, compressed
) STRICT;
