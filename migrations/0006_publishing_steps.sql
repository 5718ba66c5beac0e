-- Steps of preparing that outlive a worker, what networks allow an account (shared by all workers), and
-- the renewal of credentials ahead of their end.

-- JSON: what preparing has reached at the network; gone once the payload is frozen
ALTER TABLE targets ADD COLUMN progress TEXT;
-- Since when the network is busy with what it was given; NULL when it is not
ALTER TABLE targets ADD COLUMN waiting_since BIGINT;

-- One row for each use of each budget, made before the attempt that it is for
CREATE TABLE budget_uses (
  attempt_id TEXT NOT NULL,
  budget TEXT NOT NULL,
  account_id TEXT NOT NULL,
  target_id TEXT NOT NULL,
  units BIGINT NOT NULL,
  -- When it goes out: until then, when it is meant to
  used_at BIGINT NOT NULL,
  -- When it no longer counts and may be removed
  ends_at BIGINT NOT NULL,
  PRIMARY KEY (attempt_id, budget)
);
CREATE INDEX budget_uses_account ON budget_uses (account_id, budget, used_at);
CREATE INDEX budget_uses_target ON budget_uses (target_id);
CREATE INDEX budget_uses_end ON budget_uses (ends_at);
-- Whoever counts the uses of an account holds its row: of two workers one counts after the other
CREATE TABLE budget_locks (
  account_id TEXT PRIMARY KEY,
  taken_at BIGINT NOT NULL
);

-- Accounts that a network has asked to slow down, until when
CREATE TABLE account_rests (
  account_id TEXT PRIMARY KEY,
  until_at BIGINT NOT NULL
);
CREATE INDEX account_rests_end ON account_rests (until_at);

-- When to renew, or to try again; NULL when nothing runs out. Reached at once for what was connected before
ALTER TABLE accounts ADD COLUMN renew_at BIGINT;
-- When the network wanted it renewed, and how often that has failed since
ALTER TABLE accounts ADD COLUMN renew_due_at BIGINT;
ALTER TABLE accounts ADD COLUMN renew_failures BIGINT NOT NULL DEFAULT 0;
UPDATE accounts SET renew_at = 0 WHERE state <> 'disconnected';
CREATE INDEX accounts_renew ON accounts (renew_at) WHERE renew_at IS NOT NULL;
