-- What is to be looked at, apart from the targets themselves (docs/adr/0010-a-queue-beside-the-targets.md).
--
-- PostgreSQL leaves the indexes of a changed row alone only if no indexed column has changed and its page has room. So nothing
-- that changes while a target is published is indexed any more; the queue has a narrow row for as long as something is to be
-- done, kept by triggers, whoever writes.

CREATE TABLE queue (
  target_id TEXT PRIMARY KEY,
  -- scheduled, held (claimed or sending), unknown, paused, needs_decision
  kind TEXT NOT NULL,
  -- Not before this; NULL while it waits for something else than time
  at BIGINT
);
CREATE INDEX queue_next ON queue (kind, at);

CREATE FUNCTION queue_kind(state TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN state IN ('claimed', 'sending') THEN 'held'
    WHEN state IN ('scheduled', 'unknown', 'paused', 'needs_decision') THEN state END
$$;
CREATE FUNCTION queue_at(state TEXT, ready_at BIGINT, lease_until BIGINT, due_at BIGINT) RETURNS BIGINT LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN state IN ('claimed', 'sending') THEN lease_until
    WHEN state IN ('scheduled', 'unknown') THEN ready_at ELSE due_at END
$$;

-- A lease that is renewed stays where it was: whoever finds it there looks at the target.
CREATE FUNCTION queue_follow() RETURNS trigger LANGUAGE plpgsql
-- The plan is kept for as long as the session lasts, whatever the size of the batch that it was made for.
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    DELETE FROM queue USING changed WHERE queue.target_id = changed.id AND queue_kind(changed.state) IS NULL;
  END IF;
  INSERT INTO queue (target_id, kind, at)
    SELECT changed.id, queue_kind(changed.state), queue_at(changed.state, changed.ready_at, changed.lease_until, changed.due_at)
    FROM changed LEFT JOIN queue ON queue.target_id = changed.id
    WHERE queue_kind(changed.state) IS NOT NULL
      AND (queue.kind IS DISTINCT FROM queue_kind(changed.state)
        OR (queue.kind <> 'held' AND queue.at IS DISTINCT FROM
            queue_at(changed.state, changed.ready_at, changed.lease_until, changed.due_at))
        OR (queue.kind = 'held' AND queue.at > changed.lease_until))
    ON CONFLICT (target_id) DO UPDATE SET kind = excluded.kind, at = excluded.at;
  RETURN NULL;
END
$$;
CREATE TRIGGER targets_inserted AFTER INSERT ON targets REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION queue_follow();
CREATE TRIGGER targets_updated AFTER UPDATE ON targets REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION queue_follow();

INSERT INTO queue (target_id, kind, at)
  SELECT id, queue_kind(state), queue_at(state, ready_at, lease_until, due_at) FROM targets WHERE queue_kind(state) IS NOT NULL;

DROP INDEX targets_ready;
DROP INDEX targets_leased;
DROP INDEX targets_unknown;
DROP INDEX targets_paused;
DROP INDEX targets_undecided;
-- Room for the next version of each row beside it.
ALTER TABLE targets SET (fillfactor = 40);
ALTER TABLE attempts SET (fillfactor = 50);

-- Who appends holds the row of the target, so what it belongs to cannot go meanwhile: asking once more for each row cost more
-- than writing it. What belongs to a row goes with it.
ALTER TABLE timeline DROP CONSTRAINT timeline_post_id_fkey;
ALTER TABLE attempts DROP CONSTRAINT attempts_target_id_fkey;
CREATE FUNCTION posts_forget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM timeline USING gone WHERE timeline.post_id = gone.id;
  RETURN NULL;
END
$$;
CREATE FUNCTION targets_forget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM queue USING gone WHERE queue.target_id = gone.id;
  DELETE FROM attempts USING gone WHERE attempts.target_id = gone.id;
  RETURN NULL;
END
$$;
CREATE TRIGGER posts_deleted AFTER DELETE ON posts REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION posts_forget();
CREATE TRIGGER targets_deleted AFTER DELETE ON targets REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION targets_forget();

CREATE VIEW queue_scheduled AS SELECT target_id, at FROM queue WHERE kind = 'scheduled';
CREATE VIEW queue_held AS SELECT target_id, at FROM queue WHERE kind = 'held';
CREATE VIEW queue_unknown AS SELECT target_id, at FROM queue WHERE kind = 'unknown';
CREATE VIEW queue_paused AS SELECT target_id, at FROM queue WHERE kind = 'paused';
CREATE VIEW queue_undecided AS SELECT target_id, at FROM queue WHERE kind = 'needs_decision';

-- What is told of a target while an attempt is made stands with the attempt, one JSON object a line: no rows of their own.
ALTER TABLE attempts ADD COLUMN story TEXT NOT NULL DEFAULT '';
-- When it was claimed last: told by the row itself until it is claimed no more.
ALTER TABLE targets ADD COLUMN claimed_at BIGINT;
