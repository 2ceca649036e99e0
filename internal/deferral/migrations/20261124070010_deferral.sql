-- +goose Up
-- An order by which uses of somebody's data are shown to them later. Until it is
-- revealed it says whom it is about, in no list that anybody sees; afterwards it
-- does not.
CREATE TABLE deferral_order (
  id TEXT NOT NULL PRIMARY KEY,
  subject TEXT NOT NULL,    -- empty: it is revealed
  series TEXT NOT NULL,     -- where the events are until they are
  ground TEXT NOT NULL,
  reference TEXT NOT NULL,  -- of the inquiry
  asked_by TEXT NOT NULL,
  asked_at BIGINT NOT NULL,
  until_at BIGINT NOT NULL,
  decided_by TEXT,          -- the second person
  decided_at BIGINT,
  allowed BIGINT NOT NULL,
  ended_at BIGINT,          -- nothing more is left out by it
  shown_n BIGINT NOT NULL,  -- up to which number of the series the person sees it
  revealed_at BIGINT
) /*sqlite: WITHOUT ROWID */;
CREATE UNIQUE INDEX deferral_order_open ON deferral_order (subject, asked_by) WHERE ended_at IS NULL;
CREATE INDEX deferral_order_hidden ON deferral_order (id) WHERE revealed_at IS NULL;

-- +goose Down
DROP TABLE deferral_order;
