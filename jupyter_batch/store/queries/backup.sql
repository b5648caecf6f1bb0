-- name: copy_records
COPY FROM DATABASE records TO backup_records

-- name: count
SELECT (SELECT count(*) FROM backup_records.jobs) AS jobs,
       (SELECT count(*) FROM backup_records.runs) AS runs

-- name: segments
SELECT segment_id, file FROM backup_records.segments ORDER BY segment_id

-- name: copy_outputs
INSERT INTO backup_outputs.{table} BY NAME SELECT * FROM {segment}.{table}
