-- What notebooks say about themselves. Append-only: of the results of one name the one with the
-- highest seq holds. Long values lie as documents in the run's segment; so do the keys of done
-- items.
CREATE TABLE results (
    run_no BIGINT NOT NULL,
    attempt_no INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    name VARCHAR NOT NULL,
    type VARCHAR NOT NULL,
    told_at TIMESTAMP NOT NULL,
    size BIGINT NOT NULL,
    value VARCHAR,
    document VARCHAR
);

ALTER TABLE runs ADD COLUMN progress VARCHAR;
