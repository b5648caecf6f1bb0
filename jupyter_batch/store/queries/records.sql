-- name: insert_cells
INSERT INTO records.cells
SELECT unnest($run_nos), unnest($attempt_nos), unnest($indexes), unnest($versions), unnest($types),
       unnest($sources), unnest($states), unnest($counts), unnest($started),
       unnest($finished), unnest($metadata), unnest($errors), unnest($memory)

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

-- name: insert_events_of_runs
INSERT INTO records.events
SELECT unnest($positions), unnest($run_nos), unnest($run_ids), unnest($ids), unnest($instants),
       unnest($kinds), unnest($data)

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
SELECT attempt_no, max(last_seq), max(last_line)
FROM records.watermarks
WHERE run_no = $run_no
GROUP BY attempt_no

-- name: insert_watermarks
INSERT INTO records.watermarks
SELECT unnest($run_nos), unnest($attempt_nos), unnest($last_seqs), unnest($last_lines)

-- name: newest_position
SELECT coalesce(max(position), 0) FROM records.events
