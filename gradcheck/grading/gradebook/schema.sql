-- The gradebook of one class. Records are what was measured, by content: two students who hand in the same file share one,
-- and nothing is measured twice. Who handed in what is `submissions`; what a person decided is `overrides`.
CREATE TABLE IF NOT EXISTS settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS records (
    digest TEXT NOT NULL,          -- SHA-256 of the submission
    assignment TEXT NOT NULL,      -- SHA-256 of the assignment with all that it refers to
    version TEXT NOT NULL,         -- of gradcheck
    mode TEXT NOT NULL,            -- whether bugs were diagnosed
    state TEXT NOT NULL,
    points REAL,                   -- NULL where there is no mark: ungradable is not zero
    "of" REAL NOT NULL,
    fingerprint TEXT,
    finished TEXT NOT NULL,        -- ISO 8601, UTC
    record TEXT NOT NULL,          -- JSON
    PRIMARY KEY (digest, assignment, version, mode)
) STRICT;

CREATE INDEX IF NOT EXISTS records_by_fingerprint ON records (assignment, fingerprint);

CREATE TABLE IF NOT EXISTS submissions (
    key TEXT PRIMARY KEY,          -- path below the folder of submissions
    digest TEXT NOT NULL,
    assignment TEXT NOT NULL,
    version TEXT NOT NULL,
    mode TEXT NOT NULL,
    present INTEGER NOT NULL       -- 0 where the last run did not find it any more
) STRICT;

CREATE TABLE IF NOT EXISTS moves (
    key TEXT NOT NULL,
    item TEXT NOT NULL,            -- '' for the sum
    before REAL,
    after REAL,
    why TEXT NOT NULL,             -- submission, assignment, version: what had changed, separated by commas
    at TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS overrides (
    key TEXT NOT NULL,             -- of the submission, or 'student:NAME'
    item TEXT NOT NULL,            -- '' for the sum
    points REAL NOT NULL,
    reason TEXT NOT NULL CHECK (length(reason) > 0),
    at TEXT NOT NULL,
    PRIMARY KEY (key, item)
) STRICT;
