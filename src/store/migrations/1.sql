-- Times are milliseconds since 1970 UTC; texts are zstd-compressed UTF-8; JSON columns are text.

CREATE TABLE source (
    id           TEXT PRIMARY KEY,          -- the operator's id; survives a change of URL
    kind         TEXT NOT NULL,
    url          TEXT NOT NULL,
    archived     INTEGER NOT NULL DEFAULT 0, -- 1: no longer in the config; history stays
    first_polled INTEGER,                   -- end of the first poll that brought content
    last_polled  INTEGER,
    last_outcome TEXT,
    last_reason  TEXT,
    failing_since INTEGER,                  -- first of the present run of bad outcomes
    next_due     INTEGER
) STRICT;

CREATE TABLE article (
    id         INTEGER PRIMARY KEY,
    url        TEXT NOT NULL UNIQUE,
    source     TEXT NOT NULL REFERENCES source(id),
    title      TEXT,                        -- as the source named it, until the page is read
    found      INTEGER NOT NULL,
    news       INTEGER NOT NULL,            -- 1: found after the source's first poll, so its first sight is news
    duplicate_of INTEGER REFERENCES article(id),
    changed    INTEGER,                     -- when the present revision was first seen
    next_due   INTEGER                      -- NULL: not looked at any more
) STRICT;
CREATE INDEX article_source ON article(source);
CREATE INDEX article_due ON article(next_due) WHERE next_due IS NOT NULL;

-- Other URLs under which an article is known.
CREATE TABLE alias (
    url     TEXT PRIMARY KEY,
    article INTEGER NOT NULL REFERENCES article(id)
) STRICT, WITHOUT ROWID;

-- What the last good fetch of a URL brought; never written for anything but content.
CREATE TABLE validator (
    url           TEXT PRIMARY KEY,
    etag          TEXT,
    last_modified TEXT,
    body          TEXT NOT NULL             -- SHA-256 of the decoded body
) STRICT, WITHOUT ROWID;

CREATE TABLE content (
    hash  TEXT PRIMARY KEY,                 -- Revision::id
    title TEXT NOT NULL,
    text  BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE revision (
    id        INTEGER PRIMARY KEY,
    article   INTEGER NOT NULL REFERENCES article(id),
    content   TEXT NOT NULL REFERENCES content(hash),
    published TEXT,
    modified  TEXT,
    seen      INTEGER NOT NULL
) STRICT;
CREATE INDEX revision_article ON revision(article, id);

-- A row is a run of fetches in succession that ended alike.
CREATE TABLE fetch (
    id      INTEGER PRIMARY KEY,
    url     TEXT NOT NULL,
    source  TEXT NOT NULL REFERENCES source(id),
    article INTEGER REFERENCES article(id), -- NULL: the source's own page
    first   INTEGER NOT NULL,
    last    INTEGER NOT NULL,
    times   INTEGER NOT NULL DEFAULT 1,
    status  INTEGER,
    outcome TEXT NOT NULL,
    reason  TEXT NOT NULL,
    bytes   INTEGER NOT NULL,               -- of the last of them, as is millis
    millis  INTEGER NOT NULL
) STRICT;
CREATE INDEX fetch_article ON fetch(article, id);
CREATE INDEX fetch_source ON fetch(source, id) WHERE article IS NULL;

CREATE TABLE development (
    id       INTEGER PRIMARY KEY,
    article  INTEGER NOT NULL REFERENCES article(id),
    revision INTEGER NOT NULL REFERENCES revision(id),
    time     INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    told     INTEGER NOT NULL,              -- 1: an alert went out
    reason   TEXT NOT NULL,                 -- why told, or why not
    body     TEXT NOT NULL                  -- JSON
) STRICT;
CREATE INDEX development_article ON development(article, id);

CREATE TABLE alert (
    id          TEXT PRIMARY KEY,
    seq         INTEGER NOT NULL UNIQUE,    -- order of detection
    development INTEGER NOT NULL REFERENCES development(id),
    time        INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    body        TEXT NOT NULL               -- the alert as it is sent
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_time ON alert(time);

CREATE TABLE delivery (
    alert    TEXT NOT NULL REFERENCES alert(id),
    seq      INTEGER NOT NULL,
    notifier TEXT NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('pending', 'done', 'dead')),
    attempts INTEGER NOT NULL DEFAULT 0,
    due      INTEGER NOT NULL,
    error    TEXT,
    PRIMARY KEY (alert, notifier)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_pending ON delivery(notifier, seq) WHERE state = 'pending';

-- Lines that several pages of a site share, learned (extract::SiteMemory as JSON, compressed).
CREATE TABLE site (
    host   TEXT PRIMARY KEY,
    memory BLOB NOT NULL
) STRICT, WITHOUT ROWID;
