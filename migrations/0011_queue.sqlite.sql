-- What is to be looked at, under the names that PostgreSQL has for it (docs/adr/0010-a-queue-beside-the-targets.md). SQLite
-- changes only the indexes that a change concerns: here partial indexes over the targets are the queue.

CREATE VIEW queue_scheduled (target_id, at) AS SELECT id, ready_at FROM targets WHERE state = 'scheduled';
CREATE VIEW queue_held (target_id, at) AS SELECT id, lease_until FROM targets WHERE state IN ('claimed', 'sending');
CREATE VIEW queue_unknown (target_id, at) AS SELECT id, ready_at FROM targets WHERE state = 'unknown';
CREATE VIEW queue_paused (target_id, at) AS SELECT id, due_at FROM targets WHERE state = 'paused';
CREATE VIEW queue_undecided (target_id, at) AS SELECT id, due_at FROM targets WHERE state = 'needs_decision';

-- What is told of a target while an attempt is made stands with the attempt, one JSON object a line: no rows of their own.
ALTER TABLE attempts ADD COLUMN story TEXT NOT NULL DEFAULT '';
-- When it was claimed last: told by the row itself until it is claimed no more.
ALTER TABLE targets ADD COLUMN claimed_at BIGINT;
