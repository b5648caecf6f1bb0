-- name: select_page
-- {where} is put together from the conditions below.
SELECT * FROM records.sweeps
WHERE {where}
ORDER BY id DESC
LIMIT $limit

-- name: with_id
id = $id

-- name: after
id < $after

-- name: text
(contains(lower(name), lower($q)) OR contains(lower(notebook_path), lower($q))
 OR contains(id, lower($q)))

-- name: count_states
-- How many runs of each sweep are in each state, and when the last one was over.
SELECT sweep_id, state, count(*) AS runs, max(finished_at) AS finished_at
FROM records.runs
WHERE sweep_id IN (SELECT unnest($ids))
GROUP BY sweep_id, state

-- name: select_run_ids
SELECT id, state FROM records.runs WHERE sweep_id = $id

-- name: newest_events
-- Of runs that nothing is being recorded of: the newest is the event of their state.
SELECT run_no, max(event_id) AS event_id FROM records.events
WHERE run_no IN (SELECT unnest($run_nos))
GROUP BY run_no

-- name: move_runs
UPDATE records.runs
SET state = moved.state, reason = moved.reason, started_at = moved.started_at,
    finished_at = moved.finished_at, not_before = moved.not_before,
    start_before = moved.start_before, give_up_at = moved.give_up_at
FROM (
    SELECT unnest($run_no::BIGINT[]) AS run_no, unnest($state::VARCHAR[]) AS state,
           unnest($reason::VARCHAR[]) AS reason, unnest($started_at::TIMESTAMP[]) AS started_at,
           unnest($finished_at::TIMESTAMP[]) AS finished_at,
           unnest($not_before::TIMESTAMP[]) AS not_before,
           unnest($start_before::TIMESTAMP[]) AS start_before,
           unnest($give_up_at::TIMESTAMP[]) AS give_up_at
) AS moved
WHERE runs.run_no = moved.run_no

-- name: delete_empty
-- Sweeps of which the last run has just been deleted.
DELETE FROM records.sweeps
WHERE id IN (SELECT unnest($ids))
  AND id NOT IN (SELECT sweep_id FROM records.runs WHERE sweep_id IN (SELECT unnest($ids)))

-- name: delete_keys
DELETE FROM records.idempotency_keys
WHERE kind = 'sweep' AND id IN (SELECT unnest($ids))
  AND id NOT IN (SELECT id FROM records.sweeps)
