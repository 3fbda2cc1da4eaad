-- What a sitemap has listed so far, so that a new entry is known from an old one.
CREATE TABLE listing (
    url      TEXT PRIMARY KEY,
    source   TEXT NOT NULL REFERENCES source(id),
    modified INTEGER,                       -- what its index said of it when it was read last
    seen     BLOB NOT NULL                  -- source::sitemap::Known
) STRICT, WITHOUT ROWID;

-- What the address of a source of kind auto was found to lead to.
CREATE TABLE found (
    source  TEXT PRIMARY KEY REFERENCES source(id),
    kind    TEXT NOT NULL,
    url     TEXT NOT NULL,
    decided INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- An article that shows up under a second address is known by its content.
CREATE INDEX revision_content ON revision(content);
