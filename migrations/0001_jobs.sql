-- Named leases and the queue of background jobs.

-- A row stays when its lease is released: the fence must grow for ever.
CREATE TABLE leases (
  name TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  fence BIGINT NOT NULL,
  lease_until BIGINT NOT NULL
);

-- run_at is when the job may be claimed next: its due time, or the end of the lease while it runs.
-- So one index finds what is due and what a dead worker held, and never passes by running jobs.
CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  unique_key TEXT,
  run_at BIGINT NOT NULL,
  attempt BIGINT NOT NULL DEFAULT 0,
  attempts_max BIGINT NOT NULL,
  owner TEXT,
  fence BIGINT NOT NULL DEFAULT 0,
  lease_until BIGINT,
  failed_at BIGINT,
  last_error TEXT,
  created_at BIGINT NOT NULL
);
CREATE INDEX jobs_due ON jobs (run_at) WHERE failed_at IS NULL;
CREATE INDEX jobs_failed ON jobs (failed_at) WHERE failed_at IS NOT NULL;
-- One waiting job per key. A running one does not count: what changed since it began needs another.
CREATE UNIQUE INDEX jobs_unique_key ON jobs (unique_key)
  WHERE unique_key IS NOT NULL AND failed_at IS NULL AND lease_until IS NULL;

-- Processes that are alive, by role: readiness and alerts see the dead ones.
CREATE TABLE heartbeats (
  process TEXT PRIMARY KEY,
  role TEXT NOT NULL,
  version TEXT NOT NULL,
  host TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL
);
CREATE INDEX heartbeats_seen ON heartbeats (seen_at);
