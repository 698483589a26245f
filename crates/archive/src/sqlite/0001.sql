-- Times of recordings are whole milliseconds; moments are seconds since 1970 by the database's clock; ids are UUIDs as text.

CREATE TABLE shows (
  id TEXT PRIMARY KEY,
  title TEXT NOT NULL,
  title_key TEXT NOT NULL UNIQUE,          -- the title in lower case: what it is found by
  automatic INTEGER NOT NULL DEFAULT 0,    -- 1: made for recordings of which nobody named the show; goes when it is empty
  made REAL NOT NULL DEFAULT (unixepoch('subsec'))
) STRICT;

CREATE TABLE episodes (
  id TEXT PRIMARY KEY,
  show TEXT NOT NULL REFERENCES shows (id),
  title TEXT NOT NULL,
  title_key TEXT NOT NULL,
  broadcast TEXT,                          -- YYYY-MM-DD
  notes TEXT,
  people TEXT NOT NULL DEFAULT '[]',       -- JSON list of {name, role}
  language TEXT,
  show_stated INTEGER NOT NULL DEFAULT 0,  -- 1: a person said so, tags do not change it
  title_stated INTEGER NOT NULL DEFAULT 0,
  version INTEGER NOT NULL DEFAULT 1,      -- grows by every change of the episode or its text
  added REAL NOT NULL DEFAULT (unixepoch('subsec'))
) STRICT;
CREATE INDEX episodes_by_show ON episodes (show, broadcast);
CREATE INDEX episodes_by_title ON episodes (title_key);

CREATE TABLE blobs (
  hash TEXT PRIMARY KEY,                   -- BLAKE3, hexadecimal; the file's name
  bytes INTEGER NOT NULL
) STRICT;

CREATE TABLE recordings (
  id TEXT PRIMARY KEY,
  episode TEXT NOT NULL REFERENCES episodes (id) ON DELETE CASCADE,
  blob TEXT NOT NULL REFERENCES blobs (hash),
  file_name TEXT NOT NULL,
  media TEXT,                              -- JSON, once it was probed
  duration INTEGER,
  shown TEXT REFERENCES hearings (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
  UNIQUE (episode, blob)
) STRICT;
CREATE INDEX recordings_by_blob ON recordings (blob);
CREATE INDEX recordings_by_shown ON recordings (shown);

CREATE TABLE hearings (
  id TEXT PRIMARY KEY,
  recording TEXT NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
  engine TEXT NOT NULL,
  quality TEXT NOT NULL,
  asked_language TEXT,                     -- NULL: to be detected
  language TEXT,
  complete INTEGER NOT NULL DEFAULT 0,
  partial TEXT,
  duration INTEGER,                        -- from here on: known when it is complete
  speech INTEGER,
  recognised INTEGER,
  gaps INTEGER,
  spent REAL,                              -- seconds that the last attempt took,
  spent_on INTEGER,                        -- for this much of the recording
  made REAL NOT NULL DEFAULT (unixepoch('subsec'))
) STRICT;
CREATE INDEX hearings_by_recording ON hearings (recording, made);

CREATE TABLE windows (
  hearing TEXT NOT NULL REFERENCES hearings (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  from_ms INTEGER NOT NULL,
  to_ms INTEGER NOT NULL,
  speech INTEGER NOT NULL,
  recognised INTEGER NOT NULL,
  language TEXT NOT NULL,
  words TEXT NOT NULL,                     -- JSON list of [text, start, end, confidence, joined]
  gaps TEXT NOT NULL,                      -- JSON list of [start, end, kind, reason]
  gap_count INTEGER NOT NULL,
  mean_log_probability REAL NOT NULL,
  temperature REAL NOT NULL,
  PRIMARY KEY (hearing, number)
) STRICT;

CREATE TABLE stretches (
  hearing TEXT NOT NULL REFERENCES hearings (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  from_ms INTEGER NOT NULL,
  to_ms INTEGER NOT NULL,
  kind TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (hearing, number)
) STRICT;

CREATE TABLE revisions (
  id TEXT PRIMARY KEY,
  hearing TEXT NOT NULL REFERENCES hearings (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,                 -- the order in which they apply
  author_kind TEXT NOT NULL CHECK (author_kind IN ('machine', 'person')),
  author TEXT NOT NULL,
  evidence TEXT NOT NULL,
  undoes TEXT UNIQUE REFERENCES revisions (id) ON DELETE CASCADE,
  produces TEXT NOT NULL,                  -- JSON list of words as in windows; a word's ordinal is its place in it
  made REAL NOT NULL DEFAULT (unixepoch('subsec')),
  UNIQUE (hearing, number)
) STRICT;

-- A word is consumed once, ever: the key is what makes two revisions of one word a conflict.
CREATE TABLE consumed (
  source TEXT NOT NULL,                    -- id of the hearing or the revision that the word comes from
  ordinal INTEGER NOT NULL,
  revised INTEGER NOT NULL,                -- 1: source is a revision
  revision TEXT NOT NULL REFERENCES revisions (id) ON DELETE CASCADE,
  place INTEGER NOT NULL,                  -- order among the words of its revision
  PRIMARY KEY (source, ordinal)
) STRICT, WITHOUT ROWID;
CREATE INDEX consumed_by_revision ON consumed (revision, place);

CREATE TABLE cells (
  subject TEXT NOT NULL,                   -- id of an episode or a show
  stage TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'leased', 'done', 'failed', 'quarantined', 'stale')),
  input TEXT NOT NULL,
  tool TEXT,
  attempt INTEGER NOT NULL DEFAULT 0,
  token INTEGER NOT NULL DEFAULT 0,        -- fencing: grows by every claim, never goes back
  worker TEXT,
  lease_until REAL,
  not_before REAL NOT NULL DEFAULT 0,
  error TEXT,
  priority INTEGER NOT NULL,               -- 2 asked by a person, 1 newest, 0 back catalogue
  newest TEXT NOT NULL DEFAULT '',         -- day of broadcast: the later, the earlier it is done
  changed REAL NOT NULL DEFAULT (unixepoch('subsec')),
  PRIMARY KEY (subject, stage)
) STRICT;
CREATE INDEX queue ON cells (priority DESC, newest DESC, subject, stage) WHERE state IN ('waiting', 'leased');
CREATE INDEX cells_by_state ON cells (state, stage);
