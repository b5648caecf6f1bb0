-- What SQL of users reads. Instants are in UTC. {outputs} stands for the segments' rows.

-- name: runs
SELECT id AS run_id, job_id, sweep_id, name, state, reason, trigger, scheduled_for, created_at,
       started_at, finished_at,
       CASE WHEN finished_at IS NOT NULL THEN coalesce((
           SELECT took FROM (
               SELECT run_no, sum(epoch(finished_at - started_at)) AS took
               FROM records.main.attempts
               WHERE run_no IN (SELECT run_no FROM records.main.attempts WHERE attempt_no > 1)
               GROUP BY run_no
           ) AS retried WHERE retried.run_no = runs.run_no
       ), epoch(finished_at - started_at)) END AS duration_seconds, created_by,
       notebook_path AS notebook, parameters, json_extract_string(environment, '$.executor') AS executor,
       json_extract_string(environment, '$.image') AS image, priority,
       cells_total, cells_done, cells_failed,
       json_extract_string(error, '$.ename') AS error_name,
       json_extract_string(error, '$.evalue') AS error_message
FROM records.main.runs

-- name: attempts
SELECT runs.id AS run_id, attempt_no, attempts.state, attempts.reason, exit_code,
       attempts.started_at, attempts.finished_at,
       epoch(attempts.finished_at - attempts.started_at) AS duration_seconds,
       peak_memory_bytes, cpu_seconds
FROM records.main.attempts AS attempts JOIN records.main.runs AS runs USING (run_no)

-- name: cells
SELECT runs.id AS run_id, attempt_no, cell_index, cell_type, cells.state, execution_count,
       cells.started_at, cells.finished_at,
       epoch(cells.finished_at - cells.started_at) AS duration_seconds, source,
       json_extract_string(cells.error, '$.ename') AS error_name,
       json_extract_string(cells.error, '$.evalue') AS error_message, memory_bytes
FROM records.main.cells AS cells JOIN records.main.runs AS runs USING (run_no)

-- name: parameters
SELECT runs.id AS run_id, given.key AS name, given.value::VARCHAR AS value,
       CASE WHEN given.type IN ('BIGINT', 'UBIGINT', 'DOUBLE') THEN given.value::DOUBLE END AS number,
       CASE WHEN given.type = 'VARCHAR' THEN given.value ->> '$' END AS text
FROM records.main.runs AS runs, json_each(runs.parameters) AS given

-- name: results
-- Of the newest attempt, of each name the last one.
SELECT run_id, attempt_no, name, type, value,
       CASE WHEN type = 'number' THEN try_cast(value ->> '$' AS DOUBLE) END AS number,
       CASE WHEN type IN ('text', 'datetime') THEN value ->> '$' END AS text,
       told_at AS recorded_at, size
FROM (
    SELECT runs.id AS run_id, results.attempt_no, results.name, type, value, told_at, size
    FROM records.main.results AS results
    JOIN records.main.runs AS runs USING (run_no)
    JOIN (
        SELECT run_no, max(attempt_no) AS attempt_no FROM records.main.attempts GROUP BY run_no
    ) AS newest ON newest.run_no = results.run_no AND newest.attempt_no = results.attempt_no
    QUALIFY row_number() OVER (PARTITION BY runs.id, results.name ORDER BY seq DESC) = 1
)

-- name: events
SELECT run_id, event_id, happened_at, kind, data FROM records.main.events

-- name: outputs
-- Ops folded as domain/outputs.py does: a clear removes all before it, a slice belongs to what
-- was last begun, of equal numbers the last holds, and only what is whole counts.
WITH ops AS (
    SELECT runs.id AS run_id, attempt_no, cell_index, seq * 1048576 + op_no AS place,
           any_value(op) AS op, any_value(output_no) AS output_no,
           any_value(output_type) AS output_type, bool_or(more) AS more,
           min(happened_at) AS happened_at, string_agg(body, '' ORDER BY piece_no) AS body
    FROM ({outputs}) AS written JOIN records.main.runs AS runs USING (run_no)
    GROUP BY runs.id, attempt_no, cell_index, place
),
placed AS (
    SELECT *,
           max(CASE WHEN op = 'clear' THEN place END) OVER cell AS cleared_at,
           max(CASE WHEN op <> 'more' THEN place END) OVER (cell ORDER BY place) AS begun_at
    FROM ops
    WINDOW cell AS (PARTITION BY run_id, attempt_no, cell_index)
),
whole AS (
    SELECT run_id, attempt_no, cell_index, begun_at, arg_min(output_no, place) AS output_no,
           arg_min(output_type, place) AS output_type, min(happened_at) AS happened_at,
           string_agg(body, '' ORDER BY place) AS body
    FROM placed
    WHERE begun_at > coalesce(cleared_at, -1)
    GROUP BY run_id, attempt_no, cell_index, begun_at
    HAVING NOT arg_max(more, place)
)
SELECT run_id, attempt_no, cell_index, output_no, output_type, happened_at, body
FROM whole
QUALIFY row_number() OVER (
    PARTITION BY run_id, attempt_no, cell_index, output_no ORDER BY begun_at DESC
) = 1

-- name: outputs_of_segment
SELECT run_no, attempt_no, seq, op_no, piece_no, happened_at, op, cell_index, output_no,
       output_type, more, body
FROM {segment}.main.outputs

-- name: outputs_of_none
SELECT 0::BIGINT AS run_no, 0 AS attempt_no, 0::BIGINT AS seq, 0 AS op_no, 0 AS piece_no,
       TIMESTAMP '2000-01-01' AS happened_at, '' AS op, 0 AS cell_index, 0 AS output_no,
       '' AS output_type, false AS more, '' AS body
WHERE false

-- name: create
CREATE OR REPLACE TEMP VIEW {name} AS {view}

-- name: parse
SELECT json_serialize_sql($query::VARCHAR)
