-- Media: contents in the store, converted copies, uploads that can be resumed.

-- Under which key a content lies. A key is never used again.
CREATE TABLE media_files (
  sha256 TEXT PRIMARY KEY,
  store_key TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  -- When somebody last brought this content: what is fresh is not garbage
  stored_at BIGINT NOT NULL
);
INSERT INTO media_files (sha256, store_key, bytes, stored_at)
  SELECT sha256, substr(sha256, 1, 2) || '/' || substr(sha256, 3), min(bytes), min(created_at)
  FROM media GROUP BY sha256;

ALTER TABLE media ADD COLUMN animated BIGINT NOT NULL DEFAULT 0;
-- 1: holds Exif, XMP or comments; also for what nobody has looked at
ALTER TABLE media ADD COLUMN metadata BIGINT NOT NULL DEFAULT 1;
CREATE INDEX media_workspace ON media (workspace_id);

-- What was made of a content to fit the limits of a network.
CREATE TABLE media_copies (
  source_sha256 TEXT NOT NULL,
  -- The limits, and the version of the converter
  recipe TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  content_type TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  width BIGINT NOT NULL,
  height BIGINT NOT NULL,
  used_at BIGINT NOT NULL,
  PRIMARY KEY (source_sha256, recipe)
);
CREATE INDEX media_copies_sha256 ON media_copies (sha256);
CREATE INDEX media_copies_used ON media_copies (used_at);

CREATE TABLE media_uploads (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  length BIGINT NOT NULL,
  -- The offset: what is durable of it
  received BIGINT NOT NULL,
  alt_text TEXT NOT NULL,
  -- What has become of it, once complete
  media_id TEXT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX media_uploads_workspace ON media_uploads (workspace_id);
CREATE INDEX media_uploads_expiry ON media_uploads (expires_at);

CREATE TABLE media_upload_chunks (
  upload_id TEXT NOT NULL REFERENCES media_uploads (id) ON DELETE CASCADE,
  position BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  store_key TEXT NOT NULL,
  PRIMARY KEY (upload_id, position)
);
