-- Names: lists of them, rules that people made, repairs that come as generations, and offers.

CREATE TABLE glossaries (
  id INTEGER PRIMARY KEY,
  show TEXT REFERENCES shows (id) ON DELETE CASCADE,  -- NULL: of the whole archive
  title TEXT NOT NULL,                     -- the file it came from, or who keeps it
  content TEXT NOT NULL,                   -- hash of what it was read from
  made REAL NOT NULL DEFAULT (unixepoch('subsec'))
) STRICT;
CREATE UNIQUE INDEX glossaries_by_title ON glossaries (coalesce(show, ''), title);

CREATE TABLE names (
  glossary INTEGER NOT NULL REFERENCES glossaries (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  spelling TEXT NOT NULL,
  entry TEXT NOT NULL,                     -- JSON: the name with all that is known of it
  PRIMARY KEY (glossary, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE name_rules (
  id INTEGER PRIMARY KEY,
  show TEXT REFERENCES shows (id) ON DELETE CASCADE,  -- NULL: in the whole archive
  heard TEXT NOT NULL,                     -- the heard words, in lower case, without punctuation
  correct TEXT,                            -- what is to be read instead; NULL: never to be repaired
  author TEXT NOT NULL,
  made REAL NOT NULL DEFAULT (unixepoch('subsec'))
) STRICT;
CREATE UNIQUE INDEX name_rules_by_heard ON name_rules (coalesce(show, ''), heard);

-- Grows by every change of a glossary or rule, so that what was built from them can be known to be old.
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;

-- Set when another generation of repairs took its place; what it consumed is then kept here, and free again.
ALTER TABLE revisions ADD COLUMN retired REAL;
ALTER TABLE revisions ADD COLUMN consumed TEXT;

CREATE TABLE offers (
  id TEXT PRIMARY KEY,
  hearing TEXT NOT NULL REFERENCES hearings (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,                 -- in reading order
  consumes TEXT NOT NULL,                  -- JSON list of word ids
  produces TEXT NOT NULL,                  -- JSON list of words as in windows
  evidence TEXT NOT NULL,
  score REAL NOT NULL,
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'taken', 'declined')),
  tool TEXT NOT NULL,
  made REAL NOT NULL DEFAULT (unixepoch('subsec'))
) STRICT;
CREATE INDEX offers_by_hearing ON offers (hearing, number);
