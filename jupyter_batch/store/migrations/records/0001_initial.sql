-- The records database: small rows about everything; what is large lies in output segments.
-- No keys and no indexes: one writer checks what must be unique, zonemaps find the rows
-- (run_no and position only grow), and updates stay in place (README, Decisions).

-- Facts about the store itself.
CREATE TABLE meta (
    key VARCHAR NOT NULL,
    value VARCHAR NOT NULL
);

-- Output databases, each a file below outputs/.
CREATE TABLE segments (
    segment_id INTEGER NOT NULL,
    file VARCHAR NOT NULL,
    opened_at TIMESTAMP NOT NULL,
    closed_at TIMESTAMP,
    deleted_runs BIGINT NOT NULL
);

CREATE TABLE jobs (
    id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    notebook VARCHAR NOT NULL,
    description VARCHAR NOT NULL,
    parameters VARCHAR NOT NULL,
    environment VARCHAR NOT NULL,
    files VARCHAR NOT NULL,
    timeout_seconds DOUBLE,
    priority INTEGER NOT NULL,
    max_concurrent INTEGER,
    created_by VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

-- Idempotency keys and what they have made.
CREATE TABLE idempotency_keys (
    created_by VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    key VARCHAR NOT NULL,
    id VARCHAR NOT NULL
);

-- run_no counts up; everything that belongs to a run refers to it.
CREATE TABLE runs (
    run_no BIGINT NOT NULL,
    segment_id INTEGER NOT NULL,
    id VARCHAR NOT NULL,
    job_id VARCHAR,
    name VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    reason VARCHAR,
    trigger VARCHAR NOT NULL,
    trigger_id VARCHAR,
    scheduled_for TIMESTAMP NOT NULL,
    created_at TIMESTAMP NOT NULL,
    started_at TIMESTAMP,
    finished_at TIMESTAMP,
    not_before TIMESTAMP,
    created_by VARCHAR NOT NULL,
    notebook_path VARCHAR NOT NULL,
    notebook_sha256 VARCHAR NOT NULL,
    parameters VARCHAR NOT NULL,
    environment VARCHAR NOT NULL,
    files VARCHAR NOT NULL,
    timeout_seconds DOUBLE,
    priority INTEGER NOT NULL,
    cells_total INTEGER NOT NULL,
    cells_done INTEGER NOT NULL,
    cells_failed INTEGER NOT NULL,
    error VARCHAR
);

CREATE TABLE attempts (
    run_no BIGINT NOT NULL,
    attempt_no INTEGER NOT NULL,
    state VARCHAR NOT NULL,
    reason VARCHAR,
    container_id VARCHAR,
    exit_code BIGINT,
    started_at TIMESTAMP,
    finished_at TIMESTAMP,
    peak_memory_bytes BIGINT,
    cpu_seconds DOUBLE
);

CREATE TABLE artifacts (
    run_no BIGINT NOT NULL,
    attempt_no INTEGER NOT NULL,
    path VARCHAR NOT NULL,
    size_bytes BIGINT NOT NULL,
    sha256 VARCHAR NOT NULL,
    media_type VARCHAR NOT NULL
);

-- Append-only: of the rows of one cell the one with the highest version holds.
CREATE TABLE cells (
    run_no BIGINT NOT NULL,
    attempt_no INTEGER NOT NULL,
    cell_index INTEGER NOT NULL,
    version BIGINT NOT NULL,
    cell_type VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    execution_count BIGINT,
    started_at TIMESTAMP,
    finished_at TIMESTAMP,
    metadata VARCHAR NOT NULL,
    error VARCHAR,
    memory_bytes BIGINT
);

-- Append-only; without outputs, which the segments have.
CREATE TABLE events (
    position BIGINT NOT NULL,
    run_no BIGINT NOT NULL,
    run_id VARCHAR NOT NULL,
    event_id BIGINT NOT NULL,
    happened_at TIMESTAMP NOT NULL,
    kind VARCHAR NOT NULL,
    data VARCHAR NOT NULL
);

-- How far each attempt has been recorded in here, the highest holds; its segment may be ahead
-- (recorder.py).
CREATE TABLE watermarks (
    run_no BIGINT NOT NULL,
    attempt_no INTEGER NOT NULL,
    last_seq BIGINT NOT NULL,
    last_line BIGINT NOT NULL
);
