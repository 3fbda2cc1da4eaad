-- What the recheck plan knows of each article, which articles a source lists, and what a daemon leaves
-- to the next: pauses that hosts asked for, and how it did.

ALTER TABLE article ADD COLUMN checked INTEGER;                  -- last look that brought content; NULL: no plan yet
ALTER TABLE article ADD COLUMN changes REAL NOT NULL DEFAULT 0;  -- changes seen, the older the less
ALTER TABLE article ADD COLUMN seconds REAL NOT NULL DEFAULT 0;  -- in how many seconds, the older the less
ALTER TABLE article ADD COLUMN stretch REAL NOT NULL DEFAULT 1;  -- what the host's budget made of the last wait
ALTER TABLE article ADD COLUMN watched INTEGER NOT NULL DEFAULT 0; -- 1: a watch picks it out
ALTER TABLE article ADD COLUMN listed INTEGER;                   -- when a source last listed it, to the hour
ALTER TABLE source ADD COLUMN list_read INTEGER;                 -- when its list was last read

CREATE TABLE pause (
    host  TEXT PRIMARY KEY,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE status (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    time INTEGER NOT NULL,
    body TEXT NOT NULL                      -- JSON
) STRICT;

-- For retention, which asks who refers to what it drops.
CREATE INDEX development_revision ON development(revision);
CREATE INDEX alert_development ON alert(development);
