-- name: select_of_attempt
SELECT attempt_no, name, type, told_at, size, value, document, seq
FROM records.results
WHERE run_no = $run_no AND attempt_no = $attempt_no
ORDER BY seq

-- name: select_done
-- The keys of done items of earlier attempts, in pieces.
SELECT name, body
FROM {segment}.documents
WHERE run_no = $run_no AND attempt_no < $before AND starts_with(name, $prefix)
ORDER BY attempt_no, seq, piece_no

-- name: select_page
-- Runs with the number of their newest attempt.
SELECT run_no, id, job_id, name, state,
       (SELECT max(attempt_no) FROM records.attempts WHERE attempts.run_no = page.run_no)
           AS attempt_no,
       scheduled_for, created_at, started_at, finished_at, parameters,
       CASE WHEN finished_at IS NOT NULL THEN coalesce(
           (SELECT sum(epoch(attempts.finished_at - attempts.started_at))
            FROM records.attempts WHERE attempts.run_no = page.run_no),
           epoch(finished_at - started_at)
       ) END AS duration_seconds
FROM (
    SELECT * FROM records.runs
    WHERE {where}
    ORDER BY id DESC
    LIMIT $limit
) AS page
ORDER BY id DESC

-- name: select_of_runs
-- Of all attempts; the caller takes those of the newest one, and of each name the last.
SELECT run_no, attempt_no, name, type, size, value
FROM records.results
WHERE run_no BETWEEN $first AND $last AND run_no IN (SELECT unnest($run_nos))
ORDER BY seq
