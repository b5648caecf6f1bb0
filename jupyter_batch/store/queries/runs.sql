-- name: select_page
-- {where} is put together from the conditions below, {order} is one of the two that follow. The
-- rows are found first: sorting whole rows would read all columns of all that fulfil them.
SELECT * FROM records.runs
WHERE rowid IN (
    SELECT rowid FROM records.runs WHERE {where} ORDER BY {order} LIMIT $limit
)
ORDER BY {order}

-- name: newest_first
id DESC

-- name: sorted
-- Ids decide between runs whose {key} is the same.
{key} {direction}, id {direction}

-- name: select_key
SELECT {key} AS key FROM records.runs WHERE id = $after

-- name: beyond_desc
({key} < $key OR ({key} = $key AND id < $after))

-- name: beyond_asc
({key} > $key OR ({key} = $key AND id > $after))

-- name: by_created
id

-- name: by_started
coalesce(epoch_us(started_at), -1)

-- name: by_duration
-- Of all attempts, without the waits between them. Only runs with more than one are summed up:
-- the others took from their start to their end.
CASE WHEN finished_at IS NULL THEN -1 ELSE coalesce((
    SELECT took FROM (
        SELECT run_no, sum(epoch_us(finished_at) - epoch_us(started_at)) AS took
        FROM records.attempts
        WHERE run_no IN (SELECT run_no FROM records.attempts WHERE attempt_no > 1)
        GROUP BY run_no
    ) AS retried WHERE retried.run_no = runs.run_no
), epoch_us(finished_at) - epoch_us(started_at), -1)::BIGINT END

-- name: by_name
lower(name)

-- name: by_state
state

-- name: with_id
id = $id

-- name: with_numbers
run_no IN (SELECT unnest($run_nos))

-- name: after
id < $after

-- name: in_states
state IN (SELECT unnest($states))

-- name: in_state
state = $state

-- name: of_job
job_id = $job_id

-- name: of_sweep
sweep_id = $sweep_id

-- name: since
created_at >= $since

-- name: until
created_at < $until

-- name: text
(contains(lower(name), lower($q)) OR contains(lower(notebook_path), lower($q))
 OR contains(id, lower($q)))

-- name: select_attempts
SELECT run_no, attempt_no, state, reason, container_id, exit_code, started_at, finished_at,
       peak_memory_bytes, cpu_seconds
FROM records.attempts
WHERE run_no IN (SELECT unnest($run_nos))
ORDER BY run_no, attempt_no

-- name: select_artifacts
-- Of each run at most so many, and how many it has.
SELECT run_no, attempt_no, path, size_bytes, sha256, media_type,
       count(*) OVER (PARTITION BY run_no) AS artifact_count
FROM records.artifacts
WHERE run_no IN (SELECT unnest($run_nos))
QUALIFY row_number() OVER (PARTITION BY run_no ORDER BY rowid) <= $most
ORDER BY run_no, rowid

-- name: locate
SELECT run_no, segment_id FROM records.runs WHERE id = $id

-- name: update
-- {changes} lists only the columns that differ.
UPDATE records.runs SET {changes} WHERE run_no = $run_no

-- name: update_attempt
UPDATE records.attempts
SET state = $state, reason = $reason, container_id = $container_id, exit_code = $exit_code,
    started_at = $started_at, finished_at = $finished_at,
    peak_memory_bytes = $peak_memory_bytes, cpu_seconds = $cpu_seconds
WHERE run_no = $run_no AND attempt_no = $attempt_no

-- name: delete_attempts
DELETE FROM records.attempts WHERE run_no = $run_no

-- name: delete_artifacts
DELETE FROM records.artifacts WHERE run_no = $run_no

-- name: count_states
SELECT state, count(*) AS runs FROM records.runs GROUP BY state

-- name: select_fired
-- Which instants of a trigger have their run already.
SELECT scheduled_for FROM records.runs
WHERE trigger_id = $trigger_id AND trigger = 'schedule'
  AND scheduled_for IN (SELECT unnest($instants))

-- name: select_expired
-- What is about to be deleted.
SELECT run_no, segment_id, id, state, sweep_id
FROM records.runs WHERE id IN (SELECT unnest($ids))

-- name: delete_runs
DELETE FROM records.runs WHERE run_no IN (SELECT unnest($run_nos))

-- name: delete_attempts_of
DELETE FROM records.attempts WHERE run_no IN (SELECT unnest($run_nos))

-- name: delete_artifacts_of
DELETE FROM records.artifacts WHERE run_no IN (SELECT unnest($run_nos))

-- name: delete_cells_of
DELETE FROM records.cells WHERE run_no IN (SELECT unnest($run_nos))

-- name: delete_events_of
DELETE FROM records.events WHERE run_no IN (SELECT unnest($run_nos))

-- name: delete_watermarks_of
DELETE FROM records.watermarks WHERE run_no IN (SELECT unnest($run_nos))

-- name: delete_results_of
DELETE FROM records.results WHERE run_no IN (SELECT unnest($run_nos))

-- name: delete_keys_of
DELETE FROM records.idempotency_keys
WHERE kind = 'run' AND id IN (SELECT unnest($ids))

-- name: ended_groups
SELECT job_id, count(*) AS runs, max(id) FILTER (state = 'succeeded') AS newest_success
FROM records.runs
WHERE state IN (SELECT unnest($states))
GROUP BY job_id

-- name: oldest_ended
SELECT id, coalesce(finished_at, created_at) AS ended_at
FROM records.runs
WHERE job_id IS NOT DISTINCT FROM $job_id AND state IN (SELECT unnest($states))
ORDER BY id
LIMIT $limit
