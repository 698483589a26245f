-- The same recording in several places, and what comes again in the episodes of a show.

CREATE TABLE fingerprints (
  number INTEGER PRIMARY KEY,
  episode TEXT NOT NULL UNIQUE REFERENCES episodes (id) ON DELETE CASCADE,
  blob TEXT NOT NULL,                      -- hash of the bytes it was made of, which may be gone since
  bytes BLOB NOT NULL,                     -- as its maker writes it
  made REAL NOT NULL DEFAULT (unixepoch('subsec'))
) STRICT;
CREATE INDEX fingerprints_by_blob ON fingerprints (blob);

-- A few hundred keys an hour of recording: who shares some may be a copy.
CREATE TABLE fingerprint_keys (
  key INTEGER NOT NULL,
  fingerprint INTEGER NOT NULL REFERENCES fingerprints (number) ON DELETE CASCADE,
  PRIMARY KEY (key, fingerprint)
) STRICT, WITHOUT ROWID;
CREATE INDEX fingerprint_keys_by_fingerprint ON fingerprint_keys (fingerprint);

-- An episode whose recording is that of another one: a link, which loses nothing and can be taken back.
CREATE TABLE copies (
  episode TEXT PRIMARY KEY REFERENCES episodes (id) ON DELETE CASCADE,
  of TEXT NOT NULL REFERENCES episodes (id) ON DELETE CASCADE,  -- never a copy itself
  times TEXT NOT NULL,                     -- JSON list of [start in the copy, start in the other, length]
  made REAL NOT NULL DEFAULT (unixepoch('subsec'))
) STRICT;
CREATE INDEX copies_by_of ON copies (of);

-- A person said of two episodes that they are not the same; the lesser id first.
CREATE TABLE apart (
  one TEXT NOT NULL REFERENCES episodes (id) ON DELETE CASCADE,
  other TEXT NOT NULL REFERENCES episodes (id) ON DELETE CASCADE,
  made REAL NOT NULL DEFAULT (unixepoch('subsec')),
  PRIMARY KEY (one, other)
) STRICT, WITHOUT ROWID;
CREATE INDEX apart_by_other ON apart (other);

CREATE TABLE repeats (
  episode TEXT NOT NULL REFERENCES episodes (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,                 -- in order of time
  from_ms INTEGER NOT NULL,
  to_ms INTEGER NOT NULL,
  kind TEXT NOT NULL,
  episodes INTEGER NOT NULL,               -- in how many episodes of the show it was found
  PRIMARY KEY (episode, number)
) STRICT, WITHOUT ROWID;

ALTER TABLE hearings ADD COLUMN repeats TEXT NOT NULL DEFAULT '[]';  -- JSON: those that an import states

-- What is here already becomes due, after everything that somebody waits for.
INSERT INTO cells (subject, stage, state, input, priority, newest)
SELECT episode, 'fingerprint', 'waiting', blob, 0, newest
FROM recordings JOIN cells ON subject = episode AND stage = 'probe' AND state = 'done' WHERE blob IS NOT NULL
ON CONFLICT DO NOTHING;
