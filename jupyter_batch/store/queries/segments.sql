-- name: select_all
SELECT segment_id, file, opened_at, closed_at, deleted_runs
FROM records.segments
ORDER BY segment_id

-- name: close
UPDATE records.segments SET closed_at = $at WHERE segment_id = $segment_id

-- name: add_deleted
UPDATE records.segments SET deleted_runs = deleted_runs + $count
WHERE segment_id = $segment_id

-- name: put
-- After a rewrite.
UPDATE records.segments SET file = $file, deleted_runs = 0 WHERE segment_id = $segment_id

-- name: delete
DELETE FROM records.segments WHERE segment_id = $segment_id

-- name: live
-- How many runs each segment has.
SELECT segment_id, count(*) AS runs FROM records.runs GROUP BY segment_id

-- name: newest_run_no
SELECT coalesce(max(run_no), 0) FROM {segment}.frozen

-- name: share
-- Bytes of live runs, and all bytes, as they were recorded.
WITH live AS (SELECT run_no FROM records.runs WHERE segment_id = $segment_id),
recorded AS (
    SELECT coalesce(sum(size_bytes) FILTER (run_no IN (FROM live)), 0) AS live_bytes,
           coalesce(sum(size_bytes), 0) AS all_bytes
    FROM {segment}.progress
),
contents AS (
    SELECT content_sha256, any_value(size_bytes) AS size_bytes,
           bool_or(run_no IN (FROM live)) AS is_live
    FROM {segment}.frozen
    GROUP BY content_sha256
)
SELECT live_bytes + (SELECT coalesce(sum(size_bytes), 0) FROM contents WHERE is_live) AS live_bytes,
       all_bytes + (SELECT coalesce(sum(size_bytes), 0) FROM contents) AS all_bytes
FROM recorded

-- name: copy_rows
-- Of one table, the rows of runs that are still there.
INSERT INTO {target}.{table} BY NAME
SELECT * FROM {segment}.{table}
WHERE run_no IN (SELECT run_no FROM records.runs WHERE segment_id = $segment_id)

-- name: copy_contents
INSERT INTO {target}.contents BY NAME
SELECT * FROM {segment}.contents
WHERE sha256 IN (SELECT content_sha256 FROM {target}.frozen)
