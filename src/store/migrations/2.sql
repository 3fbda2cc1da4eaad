-- What the last full reading found on an article's page (extract::Region), so that the next one is
-- parsed only if its article may have changed. Moves with the revision, in the same transaction.
CREATE TABLE region (
    article INTEGER PRIMARY KEY REFERENCES article(id),
    region  BLOB NOT NULL
) STRICT;

-- Where a site's pages change while their articles do not (extract::SiteChurn as JSON, compressed).
CREATE TABLE site_churn (
    host  TEXT PRIMARY KEY,
    churn BLOB NOT NULL
) STRICT, WITHOUT ROWID;
