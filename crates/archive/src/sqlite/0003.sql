-- Subscriptions: where the episodes of a show come from, and where each was found.

CREATE TABLE feeds (
  id TEXT PRIMARY KEY,
  show TEXT NOT NULL REFERENCES shows (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('feed', 'stream')),
  address TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'gone')),
  wanted TEXT NOT NULL,                    -- JSON: which episodes' sound is wanted
  schedule TEXT,                           -- JSON: when a stream is recorded
  etag TEXT,                               -- what the server said of the newest copy
  last_modified TEXT,
  body TEXT,                               -- hash of the newest copy
  facts TEXT NOT NULL DEFAULT '{}',        -- JSON: what its reader keeps of it
  checked REAL,                            -- when it was last asked for
  next_check REAL NOT NULL DEFAULT 0,
  failures INTEGER NOT NULL DEFAULT 0,     -- since it last came
  trouble TEXT,                            -- what is wrong and what to do, in one sentence
  moved_to TEXT,                           -- where the server says it has moved to for ever,
  moved_times INTEGER NOT NULL DEFAULT 0,  -- and how often in a row it said so
  added REAL NOT NULL DEFAULT (unixepoch('subsec'))
) STRICT;
CREATE INDEX feeds_by_show ON feeds (show);
CREATE INDEX feeds_by_next_check ON feeds (next_check) WHERE state = 'active';

CREATE TABLE outlets (
  id INTEGER PRIMARY KEY,
  episode TEXT REFERENCES episodes (id) ON DELETE SET NULL,  -- NULL: the user removed it, and it does not come again
  feed TEXT REFERENCES feeds (id) ON DELETE SET NULL,
  keys TEXT NOT NULL,                      -- JSON: what it is recognised by
  address TEXT,                            -- of the sound
  link TEXT,                               -- of its page
  item TEXT NOT NULL,                      -- JSON: what the feed says of it, as far as it is kept
  digest TEXT NOT NULL,                    -- hash of all that the feed says of it: the same means that nothing changed
  first_seen REAL NOT NULL DEFAULT (unixepoch('subsec')),
  missing_since REAL                       -- since when the feed no longer has it
) STRICT;
CREATE INDEX outlets_by_feed ON outlets (feed);
CREATE INDEX outlets_by_episode ON outlets (episode);
