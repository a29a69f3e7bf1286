-- The journal. Times are int64 nanoseconds since 1970 UTC; payloads are JSON
-- text; the words of kinds, statuses and phases are those of package journal.

CREATE TABLE meta (
  key   TEXT PRIMARY KEY,  -- file: a ULID that names this file; created: when; scratch: it may be maltreated
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row per process that runs workflows. Leaving removes it, dying does not.
CREATE TABLE processes (
  process INTEGER PRIMARY KEY AUTOINCREMENT,
  token   TEXT NOT NULL,     -- names the lock that dies with the process
  pid     INTEGER NOT NULL,
  host    TEXT NOT NULL,
  started INTEGER NOT NULL
) STRICT;

CREATE TABLE runs (
  run       INTEGER PRIMARY KEY, -- never used again, as rows are never removed
  ulid      TEXT NOT NULL,
  id        TEXT,            -- the user's id; NULL: the ulid
  workflow  TEXT NOT NULL,
  status    TEXT NOT NULL,   -- open, stuck, completed, failed, canceled, terminated
  phase     TEXT NOT NULL,   -- queued, running, waiting, retrying; the last one of a closed run
  origin    TEXT,            -- cli, child; NULL: a program
  parent    INTEGER,
  parent_op INTEGER,
  created   INTEGER NOT NULL,
  ended     INTEGER,
  problem   TEXT,            -- of a stuck run, JSON
  owner     INTEGER,         -- processes.process; NULL: nobody
  fence     INTEGER NOT NULL -- rises with every change of owner
) STRICT;
CREATE INDEX runs_ulid ON runs (substr(ulid, 4, 10)); -- the last 398 days, and 15 of its random bits
CREATE INDEX runs_id ON runs (id) WHERE id IS NOT NULL;
CREATE UNIQUE INDEX runs_unfinished_id ON runs (id) WHERE id IS NOT NULL AND status IN ('open', 'stuck');
CREATE INDEX runs_unfinished ON runs (run) WHERE status IN ('open', 'stuck');
CREATE INDEX runs_work ON runs (run) WHERE status = 'open' AND phase IN ('queued', 'running');
CREATE INDEX runs_parent ON runs (parent) WHERE parent IS NOT NULL;

-- One row per turn: what came in and, in commands, what the workflow asked for.
CREATE TABLE events (
  run      INTEGER NOT NULL,
  seq      INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  kind     TEXT NOT NULL,
  op       INTEGER,
  name     TEXT,
  data     TEXT,
  note     TEXT,
  commands TEXT,
  sum      INTEGER NOT NULL, -- CRC-32C over the row, chained
  PRIMARY KEY (run, seq)
) STRICT;

-- Messages that the workflow has not seen yet.
CREATE TABLE inbox (
  id    INTEGER PRIMARY KEY AUTOINCREMENT,
  run   INTEGER NOT NULL,
  kind  TEXT NOT NULL,       -- start, signal, cancel, result
  event TEXT,
  op    INTEGER,
  name  TEXT,
  data  TEXT,
  by    TEXT,
  verified INTEGER,          -- 1: the sender's program made sure of by; NULL: it is a claim
  key   TEXT,
  at    INTEGER NOT NULL,
  sum   INTEGER NOT NULL
) STRICT;
CREATE INDEX inbox_run ON inbox (run);

-- Deduplication keys, kept after delivery.
CREATE TABLE keys (
  run     INTEGER NOT NULL,
  key     TEXT NOT NULL,
  message INTEGER NOT NULL,  -- the inbox id it had
  PRIMARY KEY (run, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE timers (
  due     INTEGER NOT NULL,
  run     INTEGER NOT NULL,
  op      INTEGER NOT NULL,
  attempt INTEGER NOT NULL,  -- 0: a timer of the workflow
  PRIMARY KEY (due, run, op)
) STRICT, WITHOUT ROWID;
CREATE INDEX timers_run ON timers (run);

-- The latest heartbeat of each operation under way.
CREATE TABLE progress (
  run  INTEGER NOT NULL,
  op   INTEGER NOT NULL,
  data TEXT,
  at   INTEGER NOT NULL,
  PRIMARY KEY (run, op)
) STRICT, WITHOUT ROWID;

-- One row for each death of an owner under a run.
CREATE TABLE crashes (
  run     INTEGER NOT NULL,
  number  INTEGER NOT NULL,  -- 1, 2, 3 … within its run
  process INTEGER NOT NULL,  -- the owner that died
  seq     INTEGER NOT NULL,  -- the run's last event then
  phase   TEXT NOT NULL,
  died    INTEGER,           -- the last sign of life; NULL: unknown
  back    INTEGER NOT NULL,
  cleared INTEGER NOT NULL DEFAULT 0, -- 1: no longer counted, the run was resumed; 2: new progress was recorded since
  PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;

-- Statements that transactional steps wanted executed once.
CREATE TABLE schemas (
  statement TEXT PRIMARY KEY,
  at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE VIEW overview AS
SELECT run, ulid, coalesce(id, ulid) AS id, workflow, status, iif(status = 'open', phase, NULL) AS phase,
       strftime('%Y-%m-%dT%H:%M:%fZ', created / 1e9, 'unixepoch') AS created,
       strftime('%Y-%m-%dT%H:%M:%fZ', ended / 1e9, 'unixepoch') AS ended,
       owner, (SELECT count(*) FROM events e WHERE e.run = r.run) AS events,
       (SELECT count(*) FROM inbox i WHERE i.run = r.run) AS inbox
FROM runs r;

CREATE VIEW history AS
SELECT run, seq, strftime('%Y-%m-%dT%H:%M:%fZ', at / 1e9, 'unixepoch') AS at, kind, op, name, data, note, commands
FROM events;

CREATE VIEW operations AS
SELECT e.run, e.seq, c.value ->> 'op' AS op, c.value ->> 'do' AS do, c.value ->> 'name' AS name,
       coalesce(c.value ->> 'due', iif(c.value ->> 'do' = 'timer',
         strftime('%Y-%m-%dT%H:%M:%fZ', (e.at + (c.value ->> 'for')) / 1e9, 'unixepoch'), NULL)) AS due, c.value -> 'data' AS data, c.value ->> 'where' AS place
FROM events e, json_each(e.commands) c;
