-- name: reached
-- Up to which frame and line the rows of each attempt in a segment hold, for those that have
-- more: a crash, or a backup, came between the segment and the records database. $unknown is where
-- an attempt stands of which the records have nothing: 0, or -1 for one that is not to be.
WITH recorded AS (
    SELECT run_no, attempt_no, max(last_seq) AS last_seq, max(last_line) AS last_line
    FROM (
        SELECT run_no, attempt_no, 0 AS last_seq, 0 AS last_line FROM records.attempts
        UNION ALL
        SELECT run_no, attempt_no, last_seq, last_line FROM records.watermarks
    )
    WHERE {where}
    GROUP BY run_no, attempt_no
),
known AS (
    SELECT p.*, coalesce(r.last_seq, $unknown) AS recorded_seq,
           coalesce(r.last_line, $unknown) AS recorded_line
    FROM {segment}.progress AS p
    LEFT JOIN recorded AS r ON r.run_no = p.run_no AND r.attempt_no = p.attempt_no
    WHERE {where_progress}
)
SELECT run_no, attempt_no,
       greatest(any_value(recorded_seq),
                coalesce(max(last_seq) FILTER (needs_seq <= recorded_seq), -1)) AS last_seq,
       greatest(any_value(recorded_line),
                coalesce(max(last_line) FILTER (needs_seq <= recorded_seq), -1)) AS last_line
FROM known
GROUP BY run_no, attempt_no
HAVING bool_or(needs_seq > recorded_seq)

-- name: runs
run_no IN (SELECT unnest($run_nos))

-- name: runs_of_progress
p.run_no IN (SELECT unnest($run_nos))

-- name: drop_frames
DELETE FROM {segment}.{table}
WHERE run_no = $run_no AND attempt_no = $attempt_no AND seq > $last_seq

-- name: drop_log
DELETE FROM {segment}.log
WHERE run_no = $run_no AND attempt_no = $attempt_no AND line_no > $last_line

-- name: drop_progress
DELETE FROM {segment}.progress
WHERE run_no = $run_no AND attempt_no = $attempt_no
  AND (last_seq > $last_seq OR last_line > $last_line)
