-- Several automation processes read sources; one of them counts (docs/trends.md, "Several processes").

-- What was heard and is in no snapshot yet: the mentions of some seconds, encoded. A part is a source, or a part of its authors.
CREATE TABLE trend_shipments (
  part TEXT NOT NULL,
  number BIGINT NOT NULL,
  made_at BIGINT NOT NULL,
  mentions BIGINT NOT NULL,
  bytes BYTEA NOT NULL,
  PRIMARY KEY (part, number)
);
CREATE INDEX trend_shipments_made ON trend_shipments (made_at);

-- The number of the last shipment of this part; grows in the transaction that moves resume_from.
ALTER TABLE source_state ADD COLUMN shipped BIGINT NOT NULL DEFAULT 0;

-- Which processes read sources, so that each takes its share of them.
CREATE TABLE trend_shards (
  process TEXT PRIMARY KEY,
  seen_at BIGINT NOT NULL
);
