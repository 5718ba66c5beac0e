-- Watch lists, notices and rules.

CREATE TABLE watch_lists (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  -- JSON of topics/interest.h
  interest TEXT NOT NULL,
  enabled BIGINT NOT NULL,
  version BIGINT NOT NULL,
  -- Of its feed: random, and changed when it has got about
  feed_token TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX watch_lists_workspace ON watch_lists (workspace_id, id);
CREATE UNIQUE INDEX watch_lists_feed ON watch_lists (feed_token);

-- Mentions of interest, by hour (instant of its beginning).
CREATE TABLE watch_counts (
  list_id TEXT NOT NULL REFERENCES watch_lists (id) ON DELETE CASCADE,
  hour BIGINT NOT NULL,
  mentions BIGINT NOT NULL,
  PRIMARY KEY (list_id, hour)
);
CREATE INDEX watch_counts_hour ON watch_counts (hour);

-- Some of them; all of those that came as items of feeds.
CREATE TABLE watch_samples (
  id TEXT PRIMARY KEY,
  list_id TEXT NOT NULL REFERENCES watch_lists (id) ON DELETE CASCADE,
  source TEXT NOT NULL,
  mention_id TEXT NOT NULL,
  -- 1: an item of a feed, which rules may act on
  item BIGINT NOT NULL,
  at BIGINT NOT NULL,
  matched_by TEXT NOT NULL,
  author TEXT NOT NULL,
  language TEXT NOT NULL,
  text TEXT NOT NULL,
  url TEXT NOT NULL,
  seen_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX watch_samples_mention ON watch_samples (list_id, source, mention_id);
CREATE INDEX watch_samples_newest ON watch_samples (list_id, seen_at);
CREATE INDEX watch_samples_seen ON watch_samples (seen_at);

-- Where notices go.
CREATE TABLE notice_channels (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  -- webhook or email
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  -- A URL or an address
  destination TEXT NOT NULL,
  -- Of webhooks: sealed with the id as context
  secret TEXT NOT NULL,
  -- JSON: ["rule", "account", "decision"]
  about TEXT NOT NULL,
  enabled BIGINT NOT NULL,
  -- In the links that end an e-mail
  unsubscribe_token TEXT NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX notice_channels_workspace ON notice_channels (workspace_id, id);
CREATE UNIQUE INDEX notice_channels_unsubscribe ON notice_channels (unsubscribe_token);

-- What happened, once for each key.
CREATE TABLE notices (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  about TEXT NOT NULL,
  notice_key TEXT NOT NULL,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  -- A path of the page
  link TEXT NOT NULL,
  details TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE UNIQUE INDEX notices_key ON notices (workspace_id, notice_key);
CREATE INDEX notices_newest ON notices (workspace_id, id);
CREATE INDEX notices_at ON notices (at);

CREATE TABLE notice_deliveries (
  notice_id TEXT NOT NULL REFERENCES notices (id) ON DELETE CASCADE,
  channel_id TEXT NOT NULL REFERENCES notice_channels (id) ON DELETE CASCADE,
  -- waiting, delivered, failed or dropped
  state TEXT NOT NULL,
  tries BIGINT NOT NULL,
  problem TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  delivered_at BIGINT,
  PRIMARY KEY (notice_id, channel_id)
);
CREATE INDEX notice_deliveries_channel ON notice_deliveries (channel_id, created_at);

CREATE TABLE rules (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  -- JSON of rules/rule.h
  definition TEXT NOT NULL,
  -- The list of its trigger
  list_id TEXT NOT NULL REFERENCES watch_lists (id),
  enabled BIGINT NOT NULL,
  version BIGINT NOT NULL,
  -- In whose name it writes
  author_id TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX rules_workspace ON rules (workspace_id, id);
CREATE INDEX rules_list ON rules (list_id);

-- What a rule did about a story, or why it has not: one row for each, so it acts once.
CREATE TABLE rule_runs (
  rule_id TEXT NOT NULL REFERENCES rules (id) ON DELETE CASCADE,
  -- Id of a trend, or the source and id of a feed's item
  story TEXT NOT NULL,
  label TEXT NOT NULL,
  -- waiting (a condition does not hold, yet), acted or failed
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  post_id TEXT,
  tries BIGINT NOT NULL,
  first_at BIGINT NOT NULL,
  at BIGINT NOT NULL,
  acted_at BIGINT,
  PRIMARY KEY (rule_id, story)
);
CREATE INDEX rule_runs_newest ON rule_runs (rule_id, at);
CREATE INDEX rule_runs_acted ON rule_runs (rule_id, acted_at) WHERE acted_at IS NOT NULL;
CREATE INDEX rule_runs_at ON rule_runs (at);

-- Posts that look at their trend once more before they go out.
CREATE TABLE post_guards (
  post_id TEXT PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
  trend_id TEXT NOT NULL,
  -- hold or drop
  policy TEXT NOT NULL,
  score_min DOUBLE PRECISION NOT NULL,
  created_at BIGINT NOT NULL
);

-- The highest that each trend came, and when: what a dry run looks at.
ALTER TABLE trends ADD COLUMN best_score DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE trends ADD COLUMN best_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX trends_best ON trends (best_at);
