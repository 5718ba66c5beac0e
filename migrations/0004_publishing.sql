-- Attempts: committed before the first byte goes out. And the feeds that the program serves itself.

CREATE TABLE attempts (
  id TEXT PRIMARY KEY,
  target_id TEXT NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
  publish_key TEXT NOT NULL,
  -- Exactly what is sent, without credentials
  frozen TEXT NOT NULL,
  fence BIGINT NOT NULL,
  worker TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  -- published, rejected, retry_later, unknown, account_broken, not_sent; NULL while it runs
  outcome TEXT,
  outcome_reason TEXT,
  finished_at BIGINT
);
CREATE INDEX attempts_target ON attempts (target_id, started_at);

CREATE TABLE feed_items (
  account_id TEXT NOT NULL,
  item_key TEXT NOT NULL,
  item TEXT NOT NULL,
  published_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, item_key)
);
CREATE INDEX feed_items_newest ON feed_items (account_id, published_at);
