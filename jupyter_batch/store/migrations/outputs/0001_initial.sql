-- An output segment: what the runs that were added while it was the current one have frozen,
-- written and logged. Append-only; rows of deleted runs stay until the
-- segment is removed or rewritten.
-- Large texts and bytes are cut into pieces of a few KiB: DuckDB reads and compresses 2,048
-- rows at a time, and a checkpoint writes a begun row group anew.

-- Frozen bytes, each once.
CREATE TABLE contents (
    sha256 VARCHAR NOT NULL,
    piece_no INTEGER NOT NULL,
    content BLOB NOT NULL USING COMPRESSION zstd
);

-- What a run has frozen: file 0 is the notebook; content_sha256 names its bytes.
CREATE TABLE frozen (
    run_no BIGINT NOT NULL,
    file_no INTEGER NOT NULL,
    path VARCHAR NOT NULL,
    sha256 VARCHAR NOT NULL,
    content_sha256 VARCHAR NOT NULL,
    size_bytes BIGINT NOT NULL
);

-- How far each attempt has been recorded in here (the highest holds), how many bytes that
-- brought, and the frame that the records database must have reached for all of it to hold (recorder.py).
CREATE TABLE progress (
    run_no BIGINT NOT NULL,
    attempt_no INTEGER NOT NULL,
    last_seq BIGINT NOT NULL,
    last_line BIGINT NOT NULL,
    needs_seq BIGINT NOT NULL,
    size_bytes BIGINT NOT NULL
);

-- Output ops in the order in which they came.
CREATE TABLE outputs (
    run_no BIGINT NOT NULL,
    attempt_no INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    op_no INTEGER NOT NULL,
    piece_no INTEGER NOT NULL,
    happened_at TIMESTAMP NOT NULL,
    op VARCHAR NOT NULL,
    cell_index INTEGER NOT NULL,
    output_no INTEGER NOT NULL,
    output_type VARCHAR NOT NULL,
    more BOOLEAN NOT NULL,
    size INTEGER NOT NULL,
    body VARCHAR NOT NULL USING COMPRESSION zstd
);

CREATE TABLE documents (
    run_no BIGINT NOT NULL,
    attempt_no INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    seq BIGINT NOT NULL,
    piece_no INTEGER NOT NULL,
    more BOOLEAN NOT NULL,
    body VARCHAR NOT NULL USING COMPRESSION zstd
);

CREATE TABLE artifacts (
    run_no BIGINT NOT NULL,
    attempt_no INTEGER NOT NULL,
    path VARCHAR NOT NULL,
    seq BIGINT NOT NULL,
    piece_no INTEGER NOT NULL,
    more BOOLEAN NOT NULL,
    size INTEGER NOT NULL,
    content BLOB NOT NULL USING COMPRESSION zstd
);

CREATE TABLE log (
    run_no BIGINT NOT NULL,
    attempt_no INTEGER NOT NULL,
    line_no BIGINT NOT NULL,
    text VARCHAR NOT NULL
);
