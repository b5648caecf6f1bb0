-- name: get
SELECT value FROM records.meta WHERE key = $key

-- name: delete
DELETE FROM records.meta WHERE key = $key

-- name: tables
-- What a database has, to tell ours from others'.
SELECT table_name FROM duckdb_tables() WHERE database_name = $database

-- name: newest_run_no
SELECT coalesce(max(run_no), 0) FROM records.runs

-- name: newest_version
SELECT coalesce(max(version), 0) FROM records.cells

-- name: count_runs
SELECT count(*) FROM records.runs

-- name: newest_id
SELECT coalesce(max(id), '') FROM records.runs

-- name: look
-- What a store is and has, whatever its version.
SELECT (SELECT max(value) FROM records.meta WHERE key = 'store_id') AS store_id,
       (SELECT count(*) FROM records.jobs) AS jobs, (SELECT count(*) FROM records.runs) AS runs
