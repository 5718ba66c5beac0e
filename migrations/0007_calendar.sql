-- Series of posts, approval that blocks, a pause of everything, and the audit trail.

-- A paused workspace holds every target; nothing of its accounts changes.
ALTER TABLE workspaces ADD COLUMN paused BIGINT NOT NULL DEFAULT 0;
-- 0: nobody may approve what they have written or changed last.
ALTER TABLE workspaces ADD COLUMN self_approval BIGINT NOT NULL DEFAULT 1;

-- Who touched it last, and who approved it as it stands; every edit takes the approval away.
ALTER TABLE posts ADD COLUMN changed_by TEXT;
ALTER TABLE posts ADD COLUMN approved_by TEXT;
-- Of which series, at which wall time, and whether it goes its own way since somebody changed it alone.
ALTER TABLE posts ADD COLUMN series_id TEXT;
ALTER TABLE posts ADD COLUMN occurrence TEXT;
ALTER TABLE posts ADD COLUMN apart BIGINT NOT NULL DEFAULT 0;
CREATE INDEX posts_series ON posts (series_id, occurrence) WHERE series_id IS NOT NULL;

-- A post that repeats: content, and the rule by which it becomes ordinary posts ahead of time.
CREATE TABLE series (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  author_id TEXT NOT NULL,
  changed_by TEXT NOT NULL,
  approved_by TEXT,
  -- JSON as in posts
  parts TEXT NOT NULL,
  variants TEXT NOT NULL,
  language TEXT NOT NULL,
  too_late TEXT NOT NULL,
  too_late_after BIGINT NOT NULL,
  trend_id TEXT,
  -- The rule on the clock of the wall: "2026-11-23T09:00:00", RFC 5545, IANA zone, JSON of wall times
  starts TEXT NOT NULL,
  rrule TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  skipped TEXT NOT NULL,
  -- No occurrence at or after this wall time: somebody stopped it there. Empty: as the rule says
  stops TEXT NOT NULL DEFAULT '',
  -- active, stopped or ended
  state TEXT NOT NULL,
  -- Everything up to this wall time is settled: a post, or passed over for good
  settled TEXT NOT NULL,
  -- When the next occurrence comes within reach; NULL when nothing will
  expand_at BIGINT,
  -- Why it could not go on, for a person; empty when it could
  problem TEXT NOT NULL DEFAULT '',
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX series_workspace ON series (workspace_id, id);
CREATE INDEX series_expand ON series (expand_at) WHERE expand_at IS NOT NULL;

-- Each occurrence becomes a post once, however often it is looked at, and whatever becomes of the post.
CREATE TABLE series_occurrences (
  series_id TEXT NOT NULL REFERENCES series (id) ON DELETE CASCADE,
  occurrence TEXT NOT NULL,
  post_id TEXT NOT NULL,
  PRIMARY KEY (series_id, occurrence)
);

CREATE TABLE series_media (
  series_id TEXT NOT NULL REFERENCES series (id) ON DELETE CASCADE,
  media_id TEXT NOT NULL REFERENCES media (id),
  PRIMARY KEY (series_id, media_id)
);
CREATE INDEX series_media_media ON series_media (media_id);

-- Who did what, in words. Never secrets, never the text of a post.
CREATE TABLE audit (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  actor_id TEXT NOT NULL,
  actor TEXT NOT NULL,
  -- session, token or system
  via TEXT NOT NULL,
  action TEXT NOT NULL,
  object_type TEXT NOT NULL,
  object_id TEXT NOT NULL,
  object TEXT NOT NULL,
  before_text TEXT NOT NULL,
  after_text TEXT NOT NULL
);
CREATE INDEX audit_newest ON audit (workspace_id, id);
CREATE INDEX audit_at ON audit (at);
