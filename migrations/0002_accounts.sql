-- People, workspaces, sessions, tokens, connected accounts, idempotency keys and live events.
-- Of every token only the SHA-256 is stored, in hex.

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  -- Grows when the password changes: signed access tokens name it and die with it.
  security_version BIGINT NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL
);

CREATE TABLE workspaces (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  approval_required BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

-- One row at most: who claimed this installation. Of two first people exactly one can insert it.
CREATE TABLE installation (
  id BIGINT PRIMARY KEY,
  owner_id TEXT NOT NULL REFERENCES users (id),
  claimed_at BIGINT NOT NULL
);

CREATE TABLE memberships (
  workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  role TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, user_id)
);
CREATE INDEX memberships_user ON memberships (user_id);

CREATE TABLE sessions (
  hash TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  idle_until BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_idle ON sessions (idle_until);

CREATE TABLE personal_tokens (
  id TEXT PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  last_used_at BIGINT
);
CREATE INDEX personal_tokens_user ON personal_tokens (user_id, workspace_id);

CREATE TABLE invitations (
  hash TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  role TEXT NOT NULL,
  invited_by TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT,
  used_by TEXT
);
CREATE INDEX invitations_workspace ON invitations (workspace_id);
CREATE INDEX invitations_expiry ON invitations (expires_at);

-- Attempts that did not succeed, by a hash of what they have in common (an e-mail, an address).
CREATE TABLE attempt_counts (
  key TEXT PRIMARY KEY,
  attempts BIGINT NOT NULL,
  window_until BIGINT NOT NULL
);
CREATE INDEX attempt_counts_window ON attempt_counts (window_until);

-- A disconnected account stays as a row, without credentials: posts of the past name it.
CREATE TABLE accounts (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  network TEXT NOT NULL,
  remote_id TEXT NOT NULL,
  handle TEXT NOT NULL,
  display_name TEXT NOT NULL,
  url TEXT NOT NULL,
  avatar_url TEXT NOT NULL,
  -- connected, broken, paused or disconnected
  state TEXT NOT NULL,
  state_reason TEXT NOT NULL,
  details TEXT NOT NULL,
  -- Sealed with the account's id as context; empty when erased.
  credentials TEXT NOT NULL,
  -- Grows with every change of the credentials.
  version BIGINT NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  checked_at BIGINT,
  check_at BIGINT NOT NULL,
  UNIQUE (workspace_id, network, remote_id)
);
CREATE INDEX accounts_check ON accounts (check_at);

-- status is NULL while the first request is on its way; answer is sealed (it may hold a new token).
CREATE TABLE idempotency_keys (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  owner TEXT NOT NULL,
  status BIGINT,
  answer TEXT,
  created_at BIGINT NOT NULL,
  running_until BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);

-- Live events between processes: appended, read by every backend, pruned after minutes.
CREATE TABLE events (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  body TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX events_at ON events (at);
CREATE INDEX events_workspace ON events (workspace_id, at);
