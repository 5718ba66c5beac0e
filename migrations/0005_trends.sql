-- Where mentions come from, and what is rising.
CREATE TABLE sources (
  id TEXT PRIMARY KEY,
  type TEXT NOT NULL,
  settings TEXT NOT NULL,
  enabled BIGINT NOT NULL,
  version BIGINT NOT NULL,
  fetch_at BIGINT,
  created_at BIGINT NOT NULL
);

-- Which default sources were added already: a deleted one does not come back.
CREATE TABLE source_defaults (
  type TEXT PRIMARY KEY,
  added_at BIGINT NOT NULL
);

-- What the reader of a source does, as the process that holds its lease sees it. The cursor is written together with the
-- snapshot of the detector that counted everything up to it.
CREATE TABLE source_state (
  source TEXT PRIMARY KEY,
  fence BIGINT NOT NULL,
  resume_from TEXT NOT NULL,
  state TEXT NOT NULL,
  message TEXT NOT NULL,
  mentions BIGINT NOT NULL,
  rejected BIGINT NOT NULL,
  errors BIGINT NOT NULL,
  mentions_per_minute DOUBLE PRECISION NOT NULL,
  lag_seconds DOUBLE PRECISION,
  last_mention_at BIGINT,
  updated_at BIGINT NOT NULL
);

-- One detector each: 'live', or the id of a source that runs in a time of its own.
CREATE TABLE trend_lanes (
  lane TEXT PRIMARY KEY,
  source TEXT,
  generated BIGINT NOT NULL,
  fence BIGINT NOT NULL,
  version BIGINT NOT NULL,
  at BIGINT NOT NULL,
  event_at BIGINT NOT NULL
);

CREATE TABLE trends (
  id TEXT PRIMARY KEY,
  lane TEXT NOT NULL,
  topic TEXT NOT NULL,
  kind TEXT NOT NULL,
  label TEXT NOT NULL,
  score DOUBLE PRECISION NOT NULL,
  body TEXT NOT NULL,
  first_seen_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL
);
CREATE INDEX trends_seen ON trends (lane, seen_at);

CREATE TABLE trend_points (
  trend TEXT NOT NULL,
  at BIGINT NOT NULL,
  observed DOUBLE PRECISION NOT NULL,
  expected DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (trend, at)
);

CREATE TABLE trend_snapshots (
  lane TEXT NOT NULL,
  part BIGINT NOT NULL,
  parts BIGINT NOT NULL,
  made_at BIGINT NOT NULL,
  bytes BYTEA NOT NULL,
  PRIMARY KEY (lane, part)
);
