-- Sweeps, and the place that runs have in them. What a sweep has come to is told by its runs.
CREATE TABLE sweeps (
    id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    notebook_path VARCHAR NOT NULL,
    notebook_sha256 VARCHAR NOT NULL,
    created_by VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL,
    max_concurrent INTEGER
);

ALTER TABLE runs ADD COLUMN sweep_id VARCHAR;
ALTER TABLE runs ADD COLUMN sweep_index INTEGER;
ALTER TABLE runs ADD COLUMN sweep_max_concurrent INTEGER;
