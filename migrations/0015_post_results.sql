-- What came of published posts, read back once when most of it is there.

CREATE TABLE post_results (
  target_id TEXT PRIMARY KEY REFERENCES targets (id) ON DELETE CASCADE,
  account_id TEXT NOT NULL,
  published_at BIGINT NOT NULL,
  -- 1: the network does not have it any more
  gone BIGINT NOT NULL,
  likes BIGINT NOT NULL,
  reposts BIGINT NOT NULL,
  replies BIGINT NOT NULL,
  read_at BIGINT NOT NULL
);
CREATE INDEX post_results_account ON post_results (account_id, published_at);
