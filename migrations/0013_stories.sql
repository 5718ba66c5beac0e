-- Stories of trends: one id while the words shift, a past that can be searched, and what a workspace does not want to see.

-- Folded names and terms, for search
ALTER TABLE trends ADD COLUMN names TEXT NOT NULL DEFAULT '';
-- Empty: not evident
ALTER TABLE trends ADD COLUMN category TEXT NOT NULL DEFAULT '';
-- Of the highest score, in the time of the lane (of an invented one: by the wall clock)
ALTER TABLE trends ADD COLUMN peaked_at BIGINT NOT NULL DEFAULT 0;
-- 1: long over; its posts are gone from the body, and its series has moved into it.
ALTER TABLE trends ADD COLUMN closed BIGINT NOT NULL DEFAULT 0;
UPDATE trends SET peaked_at = best_at, names = lower(label);
CREATE INDEX trends_peaked ON trends (peaked_at, id);
CREATE INDEX trends_open ON trends (seen_at) WHERE closed = 0;

-- What a story was called, without dress ("#TimeWarner" and "time warner" are one name): earlier stories of the same name.
CREATE TABLE trend_names (
  lane TEXT NOT NULL,
  name TEXT NOT NULL,
  trend TEXT NOT NULL REFERENCES trends (id) ON DELETE CASCADE,
  PRIMARY KEY (lane, name, trend)
);
CREATE INDEX trend_names_trend ON trend_names (trend);

-- The posts that are shown with a story: taken out when their authors take them back.
CREATE TABLE trend_posts (
  source TEXT NOT NULL,
  post TEXT NOT NULL,
  trend TEXT NOT NULL REFERENCES trends (id) ON DELETE CASCADE,
  PRIMARY KEY (source, post, trend)
);
CREATE INDEX trend_posts_trend ON trend_posts (trend);

-- Absent: as it is from the start (trends/filters.h).
CREATE TABLE trend_filters (
  workspace_id TEXT PRIMARY KEY REFERENCES workspaces (id) ON DELETE CASCADE,
  hide_adult BIGINT NOT NULL,
  hide_flagged BIGINT NOT NULL,
  min_authors BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE trend_filter_entries (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  -- block or allow
  list TEXT NOT NULL,
  -- topic, author or domain
  kind TEXT NOT NULL,
  -- As it was written, and as it is compared
  value TEXT NOT NULL,
  folded TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX trend_filter_entries_once ON trend_filter_entries (workspace_id, kind, folded);

-- The share of a source's authors that counts; null: as configured for its type.
ALTER TABLE sources ADD COLUMN weight DOUBLE PRECISION;
