-- What output files tell without the records database.

-- name: leftover
-- The newest run in a file that is not on record, and whether the records miss it.
SELECT coalesce(max(run_no), 0) AS newest_run_no,
       coalesce(bool_or(run_no IN (
           SELECT run_no FROM records.runs
           WHERE segment_id = $segment_id
             AND segment_id NOT IN (SELECT segment_id FROM records.segments)
       )), false) AS is_missed
FROM (
    SELECT run_no FROM {segment}.frozen UNION ALL SELECT run_no FROM {segment}.progress
)

-- name: runs
SELECT run_no, path, sha256 FROM {segment}.frozen WHERE file_no = 0 ORDER BY run_no

-- name: attempts
SELECT run_no, attempt_no, min(happened_at) AS first_at, max(happened_at) AS last_at
FROM (
    SELECT run_no, attempt_no, NULL AS happened_at FROM {segment}.progress
    UNION ALL
    SELECT run_no, attempt_no, happened_at FROM {segment}.outputs
)
GROUP BY run_no, attempt_no
ORDER BY run_no, attempt_no

-- name: cells_with_outputs
SELECT cell_index, bool_or(output_type = 'error') AS has_failed
FROM {segment}.outputs
WHERE run_no = $run_no AND attempt_no = $attempt_no
GROUP BY cell_index

-- name: artifacts
SELECT path, seq, more, size, content
FROM {segment}.artifacts
WHERE run_no = $run_no AND attempt_no = $attempt_no
ORDER BY path, seq, piece_no
