-- Texts that come from elsewhere, recordings whose bytes are not here, and what publishers say.

ALTER TABLE shows ADD COLUMN facts TEXT NOT NULL DEFAULT '{}';      -- JSON: what the publisher says beside the title
ALTER TABLE shows ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';   -- JSON: how its episodes are treated
ALTER TABLE episodes ADD COLUMN facts TEXT NOT NULL DEFAULT '{}';   -- JSON: what the publisher says beside title and notes

-- Made anew because the bytes of a recording may be missing now. Foreign keys are off while the format changes.
CREATE TABLE new_recordings (
  id TEXT PRIMARY KEY,
  episode TEXT NOT NULL REFERENCES episodes (id) ON DELETE CASCADE,
  blob TEXT REFERENCES blobs (hash),       -- NULL: its bytes are not here, or no longer
  file_name TEXT NOT NULL,
  media TEXT,                              -- JSON, once it was probed
  duration INTEGER,
  shown TEXT REFERENCES hearings (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
  UNIQUE (episode, blob)
) STRICT;
INSERT INTO new_recordings SELECT id, episode, blob, file_name, media, duration, shown FROM recordings;
DROP TABLE recordings;
ALTER TABLE new_recordings RENAME TO recordings;
CREATE INDEX recordings_by_blob ON recordings (blob);
CREATE INDEX recordings_by_shown ON recordings (shown);

ALTER TABLE hearings ADD COLUMN origin TEXT NOT NULL DEFAULT 'heard';
ALTER TABLE hearings ADD COLUMN source TEXT NOT NULL DEFAULT '';        -- address or file name of an import
ALTER TABLE hearings ADD COLUMN original TEXT REFERENCES blobs (hash);  -- the imported file, byte for byte
ALTER TABLE hearings ADD COLUMN aligned_from TEXT REFERENCES hearings (id) ON DELETE SET NULL;
ALTER TABLE hearings ADD COLUMN turns TEXT NOT NULL DEFAULT '[]';       -- JSON list of [first word, speaker]
ALTER TABLE hearings ADD COLUMN cues TEXT NOT NULL DEFAULT '[]';        -- JSON list of [first word, start, end]
ALTER TABLE hearings ADD COLUMN paragraphs TEXT NOT NULL DEFAULT '[]';  -- JSON list of first words
CREATE INDEX hearings_by_original ON hearings (original);

CREATE TABLE chapters (
  episode TEXT NOT NULL REFERENCES episodes (id) ON DELETE CASCADE,
  source TEXT NOT NULL CHECK (source IN ('found', 'publisher', 'person')),
  number INTEGER NOT NULL,
  start INTEGER NOT NULL,
  until INTEGER,                           -- NULL: until the next one
  title TEXT NOT NULL,
  link TEXT,
  image TEXT,
  unlisted INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (episode, source, number)
) STRICT;
