-- Posts, what they are to become (targets), the story of each target, media and queue slots.

CREATE TABLE posts (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  author_id TEXT NOT NULL,
  -- JSON: [{"text", "media": [ids]}]
  parts TEXT NOT NULL,
  -- JSON: [{"account_id", "parts": [...]}]; empty parts mean the post's own
  variants TEXT NOT NULL,
  language TEXT NOT NULL,
  -- draft, now, at or next_slot
  when_type TEXT NOT NULL,
  -- Of the earliest target; what a person meant is kept beside it.
  due_at BIGINT,
  local_time TEXT,
  time_zone TEXT NOT NULL,
  -- publish, ask or drop
  too_late TEXT NOT NULL,
  too_late_after BIGINT NOT NULL,
  trend_id TEXT,
  -- Folded text of all parts, for finding.
  search_text TEXT NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX posts_newest ON posts (workspace_id, id);
CREATE INDEX posts_calendar ON posts (workspace_id, due_at, id);
CREATE INDEX posts_trend ON posts (trend_id) WHERE trend_id IS NOT NULL;

-- One post on one account (and one part of a thread): the unit that is published exactly once.
CREATE TABLE targets (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  post_id TEXT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  account_id TEXT NOT NULL,
  account_handle TEXT NOT NULL,
  network TEXT NOT NULL,
  part BIGINT NOT NULL,
  -- 1: all parts of the thread go out in one request
  whole BIGINT NOT NULL,
  -- The target of the part before this one
  previous_id TEXT,
  state TEXT NOT NULL,
  state_reason TEXT NOT NULL,
  due_at BIGINT,
  -- When a worker may next work on it; NULL while it waits for something else than time
  ready_at BIGINT,
  too_late TEXT NOT NULL,
  too_late_after BIGINT NOT NULL,
  text_hash TEXT NOT NULL,
  -- Names this publication for ever: made once, used in every attempt
  publish_key TEXT NOT NULL,
  key_created_at BIGINT,
  lease_owner TEXT,
  lease_until BIGINT,
  fence BIGINT NOT NULL DEFAULT 0,
  -- The latest attempt, which holds the frozen payload
  attempt_id TEXT,
  attempt_count BIGINT NOT NULL DEFAULT 0,
  -- Attempts in a row that the network did not take; look-ups in a row that did not tell
  retry_count BIGINT NOT NULL DEFAULT 0,
  lookup_count BIGINT NOT NULL DEFAULT 0,
  -- Attempts that may have reached the network without a clear answer: no edit after one
  uncertain_count BIGINT NOT NULL DEFAULT 0,
  sent_at BIGINT,
  retry_at BIGINT,
  remote_id TEXT NOT NULL DEFAULT '',
  url TEXT NOT NULL DEFAULT '',
  reference TEXT,
  published_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX targets_post ON targets (post_id, account_id, part);
CREATE INDEX targets_account_due ON targets (account_id, due_at);
CREATE INDEX targets_account_text ON targets (account_id, text_hash);
CREATE INDEX targets_previous ON targets (previous_id) WHERE previous_id IS NOT NULL;
-- Finding what is due costs with what is due, not with what is stored.
CREATE INDEX targets_ready ON targets (ready_at) WHERE state = 'scheduled';
CREATE INDEX targets_leased ON targets (lease_until) WHERE state IN ('claimed', 'sending');
CREATE INDEX targets_unknown ON targets (ready_at) WHERE state = 'unknown';
CREATE INDEX targets_paused ON targets (account_id) WHERE state = 'paused';
CREATE INDEX targets_undecided ON targets (workspace_id, post_id) WHERE state = 'needs_decision';

-- What happened, in words a person understands. Never credentials, never the text of a post.
CREATE TABLE timeline (
  id TEXT PRIMARY KEY,
  post_id TEXT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  target_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  event TEXT NOT NULL,
  actor TEXT NOT NULL,
  message TEXT NOT NULL,
  details TEXT NOT NULL
);
CREATE INDEX timeline_post ON timeline (post_id, at, id);

CREATE TABLE media (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  content_type TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  width BIGINT NOT NULL,
  height BIGINT NOT NULL,
  alt_text TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  -- While a post uses it NULL; else since when nothing does
  unused_since BIGINT
);
CREATE INDEX media_sha256 ON media (sha256);
CREATE INDEX media_unused ON media (unused_since) WHERE unused_since IS NOT NULL;

CREATE TABLE post_media (
  post_id TEXT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  media_id TEXT NOT NULL REFERENCES media (id),
  PRIMARY KEY (post_id, media_id)
);
CREATE INDEX post_media_media ON post_media (media_id);

CREATE TABLE slots (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  -- ISO weekdays as digits, "12345" = Monday to Friday
  weekdays TEXT NOT NULL,
  -- HH:MM
  time_of_day TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX slots_account ON slots (account_id, time_of_day, weekdays, time_zone);
CREATE INDEX slots_workspace ON slots (workspace_id, id);

-- Who has taken which slot: two people who ask at once never get the same one.
CREATE TABLE slot_uses (
  account_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  post_id TEXT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  PRIMARY KEY (account_id, at)
);
CREATE INDEX slot_uses_post ON slot_uses (post_id);
