-- What one worker has learned and all must know: networks that do not answer well, and whose a post is that
-- was found by a look-up.

-- One row while a network rests, and until somebody has seen that it is well again
CREATE TABLE network_rests (
  network TEXT PRIMARY KEY,
  until_at BIGINT NOT NULL,
  -- Rests in a row before this one: each is longer
  times BIGINT NOT NULL,
  -- When it is over one worker tries for all; the others wait for its answer until then
  prober TEXT NOT NULL DEFAULT '',
  probe_until BIGINT NOT NULL DEFAULT 0
);

-- Of two targets with the same words only one gets what a look-up has found
CREATE TABLE found_posts (
  account_id TEXT NOT NULL,
  remote_id TEXT NOT NULL,
  target_id TEXT NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
  found_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, remote_id)
);
CREATE INDEX found_posts_target ON found_posts (target_id);
