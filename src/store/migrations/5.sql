-- Troubles of sources, notifiers and the daemon, and the signs of one.

CREATE TABLE trouble (
    subject TEXT NOT NULL,                  -- "source ID", "notifier NAME", "daemon"
    what    TEXT NOT NULL,                  -- what of it
    state   TEXT NOT NULL,                  -- what is wrong, in a word or two
    reason  TEXT NOT NULL,                  -- of the last sign
    since   INTEGER NOT NULL,               -- of the first sign
    times   INTEGER NOT NULL,               -- signs in a row
    article INTEGER,                        -- of the last sign that counted
    told    INTEGER NOT NULL,               -- 1: it is a trouble, and its start was told
    PRIMARY KEY (subject, what)
) STRICT, WITHOUT ROWID;

-- When a source last brought something new.
DROP INDEX article_source;
CREATE INDEX article_source ON article(source, found);

-- An alert of a trouble has no development. SQLite cannot change a column; the child goes first,
-- so that no reference is ever broken.
CREATE TABLE new_alert (
    id          TEXT PRIMARY KEY,
    seq         INTEGER NOT NULL UNIQUE,    -- order of detection
    development INTEGER REFERENCES development(id),
    time        INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    body        TEXT NOT NULL               -- the alert as it is sent
) STRICT, WITHOUT ROWID;
INSERT INTO new_alert SELECT id, seq, development, time, kind, body FROM alert;
CREATE TABLE new_delivery (
    alert    TEXT NOT NULL REFERENCES new_alert(id),
    seq      INTEGER NOT NULL,
    notifier TEXT NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('pending', 'done', 'dead')),
    attempts INTEGER NOT NULL DEFAULT 0,
    due      INTEGER NOT NULL,
    error    TEXT,
    PRIMARY KEY (alert, notifier)
) STRICT, WITHOUT ROWID;
INSERT INTO new_delivery SELECT alert, seq, notifier, state, attempts, due, error FROM delivery;
DROP TABLE delivery;
DROP TABLE alert;
ALTER TABLE new_alert RENAME TO alert;
ALTER TABLE new_delivery RENAME TO delivery;
CREATE INDEX alert_time ON alert(time);
CREATE INDEX delivery_pending ON delivery(notifier, seq) WHERE state = 'pending';
CREATE INDEX alert_development ON alert(development);
