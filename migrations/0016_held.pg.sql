-- What a worker holds has a table of its own (docs/adr/0010-a-queue-beside-the-targets.md).
--
-- A claim used to change a row of the queue, which enters both of its indexes anew beside the old entries. Now it takes the row
-- out of the queue, which touches no index, and notes the lease elsewhere. And a change from claimed to sending needs neither.

DROP TRIGGER targets_inserted ON targets;
DROP TRIGGER targets_updated ON targets;
DROP FUNCTION queue_follow();

CREATE TABLE held (
  target_id TEXT PRIMARY KEY,
  -- When its lease ends. One that is renewed stays where it was: whoever finds it there looks at the target
  at BIGINT
);
CREATE INDEX held_at ON held (at);
INSERT INTO held (target_id, at) SELECT target_id, at FROM queue WHERE kind = 'held';
DELETE FROM queue WHERE kind = 'held';
CREATE OR REPLACE VIEW queue_held AS SELECT target_id, at FROM held;

-- NULL: not in the queue
CREATE OR REPLACE FUNCTION queue_kind(state TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN state IN ('scheduled', 'unknown', 'paused', 'needs_decision') THEN state END
$$;
DROP FUNCTION queue_at(TEXT, BIGINT, BIGINT, BIGINT);
CREATE FUNCTION queue_at(state TEXT, ready_at BIGINT, due_at BIGINT) RETURNS BIGINT LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN state IN ('scheduled', 'unknown') THEN ready_at ELSE due_at END
$$;
CREATE FUNCTION is_held(state TEXT) RETURNS BOOLEAN LANGUAGE sql IMMUTABLE AS $$
  SELECT state IN ('claimed', 'sending')
$$;

CREATE FUNCTION queue_enter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO queue (target_id, kind, at)
    SELECT id, queue_kind(state), queue_at(state, ready_at, due_at) FROM changed WHERE queue_kind(state) IS NOT NULL
    ON CONFLICT (target_id) DO UPDATE SET kind = excluded.kind, at = excluded.at;
  INSERT INTO held (target_id, at) SELECT id, lease_until FROM changed WHERE is_held(state)
    ON CONFLICT (target_id) DO UPDATE SET at = excluded.at;
  RETURN NULL;
END
$$;

CREATE FUNCTION queue_follow() RETURNS trigger LANGUAGE plpgsql
-- The plan is kept for as long as the session lasts, whatever the size of the batch that it was made for.
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  IF EXISTS (SELECT FROM was WHERE is_held(state)) THEN
    -- Claimed, and now sending: the most frequent of all.
    IF NOT EXISTS (SELECT FROM was WHERE NOT is_held(state)) AND NOT EXISTS (SELECT FROM changed WHERE NOT is_held(state))
        AND (SELECT MIN(lease_until) FROM changed) >= (SELECT MAX(lease_until) FROM was) THEN
      RETURN NULL;
    END IF;
    DELETE FROM held USING changed WHERE held.target_id = changed.id AND NOT is_held(changed.state);
  END IF;
  IF EXISTS (SELECT FROM was WHERE queue_kind(state) IS NOT NULL) THEN
    DELETE FROM queue USING changed WHERE queue.target_id = changed.id AND queue_kind(changed.state) IS NULL;
  END IF;
  IF EXISTS (SELECT FROM changed WHERE is_held(state)) THEN
    INSERT INTO held (target_id, at) SELECT id, lease_until FROM changed WHERE is_held(state)
      ON CONFLICT (target_id) DO UPDATE SET at = excluded.at WHERE excluded.at < held.at;
  END IF;
  IF EXISTS (SELECT FROM changed WHERE queue_kind(state) IS NOT NULL) THEN
    INSERT INTO queue (target_id, kind, at)
      SELECT changed.id, queue_kind(changed.state), queue_at(changed.state, changed.ready_at, changed.due_at)
      FROM changed LEFT JOIN queue ON queue.target_id = changed.id
      WHERE queue_kind(changed.state) IS NOT NULL
        AND (queue.kind IS DISTINCT FROM queue_kind(changed.state)
          OR queue.at IS DISTINCT FROM queue_at(changed.state, changed.ready_at, changed.due_at))
      ON CONFLICT (target_id) DO UPDATE SET kind = excluded.kind, at = excluded.at;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER targets_inserted AFTER INSERT ON targets REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION queue_enter();
CREATE TRIGGER targets_updated AFTER UPDATE ON targets REFERENCING OLD TABLE AS was NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION queue_follow();

CREATE OR REPLACE FUNCTION targets_forget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM queue USING gone WHERE queue.target_id = gone.id;
  DELETE FROM held USING gone WHERE held.target_id = gone.id;
  DELETE FROM attempts USING gone WHERE attempts.target_id = gone.id;
  RETURN NULL;
END
$$;
