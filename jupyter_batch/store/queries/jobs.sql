-- name: select_page
-- {where} is put together from the conditions below.
SELECT * FROM records.jobs
WHERE {where}
ORDER BY id DESC
LIMIT $limit

-- name: with_id
id = $id

-- name: with_name
name = $name

-- name: after
id < $after

-- name: text
(contains(lower(name), lower($q)) OR contains(lower(notebook), lower($q))
 OR contains(id, lower($q)))

-- name: update
-- {changes} lists only the columns that differ.
UPDATE records.jobs SET {changes} WHERE id = $id

-- name: delete
DELETE FROM records.jobs WHERE id = $id

-- name: delete_keys
DELETE FROM records.idempotency_keys WHERE kind = 'job' AND id = $id

-- name: find_key
SELECT id FROM records.idempotency_keys
WHERE created_by = $created_by AND kind = $kind AND key = $key

-- name: delete_triggers
DELETE FROM records.triggers WHERE job_id = $job_id

-- name: select_triggers
SELECT trigger_id, job_id, decided_until, runs, next_at FROM records.triggers

-- name: select_reached
-- How far some triggers are.
SELECT trigger_id, decided_until, reached_at, runs FROM records.triggers
WHERE trigger_id IN (SELECT unnest($trigger_ids))

-- name: step_triggers
UPDATE records.triggers
SET decided_until = step.decided_until, runs = step.runs, next_at = step.next_at,
    reached_at = greatest(triggers.reached_at, step.decided_until)
FROM (
    SELECT unnest($trigger_ids) AS trigger_id, unnest($decided) AS decided_until,
           unnest($runs) AS runs, unnest($next) AS next_at
) AS step
WHERE triggers.trigger_id = step.trigger_id

-- name: delete_pinned
DELETE FROM records.pinned WHERE job_id = $job_id

-- name: select_pinned
SELECT path, sha256, content, files FROM records.pinned WHERE job_id = $job_id
