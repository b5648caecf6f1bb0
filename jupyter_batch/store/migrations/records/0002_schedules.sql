-- Triggers and policies of jobs, and what runs have of them. What is NULL has its default.
ALTER TABLE jobs ADD COLUMN triggers VARCHAR;
ALTER TABLE jobs ADD COLUMN policies VARCHAR;

ALTER TABLE runs ADD COLUMN policies VARCHAR;
ALTER TABLE runs ADD COLUMN start_before TIMESTAMP;
ALTER TABLE runs ADD COLUMN give_up_at TIMESTAMP;
ALTER TABLE runs ADD COLUMN missed VARCHAR;
ALTER TABLE runs ADD COLUMN backfill VARCHAR;

-- How far each trigger is. decided_until may go back with a clock that was wrong; reached_at
-- never does: up to there an instant may have its run already.
CREATE TABLE triggers (
    trigger_id VARCHAR NOT NULL,
    job_id VARCHAR NOT NULL,
    decided_until TIMESTAMP NOT NULL,
    reached_at TIMESTAMP NOT NULL,
    runs BIGINT NOT NULL,
    next_at TIMESTAMP
);

-- Notebooks, with their files, of jobs that have pinned them.
CREATE TABLE pinned (
    job_id VARCHAR NOT NULL,
    path VARCHAR NOT NULL,
    sha256 VARCHAR NOT NULL,
    content BLOB NOT NULL,
    files BLOB NOT NULL
);
