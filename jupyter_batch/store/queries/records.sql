-- name: delete_cells
-- Of one attempt, what is about to be put anew: a cell has one row.
DELETE FROM records.cells
WHERE run_no = $run_no AND attempt_no = $attempt_no
  AND cell_index IN (SELECT unnest($indexes))

-- name: select_cells
SELECT cell_index, cell_type, source, state, execution_count, started_at, finished_at,
       metadata, error, memory_bytes
FROM records.cells
WHERE run_no = $run_no AND attempt_no = $attempt_no
ORDER BY version

-- name: select_events_of_run
SELECT run_id, event_id, position, happened_at, kind, data
FROM records.events
WHERE run_no = $run_no AND event_id > $after
ORDER BY event_id
LIMIT $limit

-- name: select_events
SELECT run_id, event_id, position, happened_at, kind, data
FROM records.events
WHERE position > $after
ORDER BY position
LIMIT $limit

-- name: newest_event
SELECT coalesce(max(event_id), 0) FROM records.events WHERE run_no = $run_no

-- name: select_watermarks
SELECT attempt_no, max(last_seq) AS last_seq, max(last_line) AS last_line
FROM records.watermarks
WHERE run_no = $run_no
GROUP BY attempt_no

-- name: newest_position
SELECT coalesce(max(position), 0) FROM records.events
