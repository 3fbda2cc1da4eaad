-- The outbox keeps all it needs to go on as it was after a restart: order within a story, messages
-- of several alerts, pauses of a notifier, reminders, what receivers call what they took.

ALTER TABLE delivery ADD COLUMN story TEXT NOT NULL DEFAULT '';       -- order is kept within it
ALTER TABLE delivery ADD COLUMN since INTEGER NOT NULL DEFAULT 0;     -- when it was put here
ALTER TABLE delivery ADD COLUMN batch TEXT;        -- the message it is part of; '': it goes alone
ALTER TABLE delivery ADD COLUMN done INTEGER;      -- when it was acknowledged, last
ALTER TABLE delivery ADD COLUMN handle TEXT;       -- what the receiver calls it
ALTER TABLE delivery ADD COLUMN remind INTEGER;    -- when it is told again
ALTER TABLE delivery ADD COLUMN reminders INTEGER NOT NULL DEFAULT 0; -- how often it was
UPDATE delivery SET
    story = (SELECT coalesce(a.body ->> '$.story.id', '') FROM alert a WHERE a.id = delivery.alert),
    since = (SELECT a.time FROM alert a WHERE a.id = delivery.alert);
CREATE INDEX delivery_remind ON delivery(notifier, remind) WHERE remind IS NOT NULL;
CREATE INDEX delivery_done ON delivery(notifier, done) WHERE done IS NOT NULL;
CREATE INDEX delivery_dead ON delivery(notifier, seq) WHERE state = 'dead';
CREATE INDEX delivery_handle ON delivery(notifier, story, seq) WHERE handle IS NOT NULL;

-- A notifier that fails: its pauses are its own, not those of what waits for it.
CREATE TABLE channel (
    notifier TEXT PRIMARY KEY,
    attempts INTEGER NOT NULL,   -- failed in a row
    due      INTEGER NOT NULL,   -- not to be tried before
    since    INTEGER NOT NULL,   -- of the first of them
    error    TEXT NOT NULL,
    gone     INTEGER NOT NULL    -- 1: the receiver said it is there no more
) STRICT, WITHOUT ROWID;

-- Alerts somebody has taken note of: no more reminders.
CREATE TABLE ack (
    alert TEXT PRIMARY KEY REFERENCES alert(id),
    time  INTEGER NOT NULL,
    who   TEXT
) STRICT, WITHOUT ROWID;
