-- name: insert
INSERT INTO records.jobs
VALUES ($id, $name, $notebook, $description, $parameters, $environment, $files,
        $timeout_seconds, $priority, $max_concurrent, $created_by, $created_at, $updated_at)

-- name: select_page
-- {where} is put together from the conditions below.
SELECT id, name, notebook, description, parameters, environment, files, timeout_seconds,
       priority, max_concurrent, created_by, created_at, updated_at
FROM records.jobs
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

-- name: insert_key
INSERT INTO records.idempotency_keys VALUES ($created_by, $kind, $key, $id)
