"""Makes up a store with many runs, by SQL, while no owner has it open."""

from __future__ import annotations

import time
from pathlib import Path

import duckdb

#: One in a hundred runs is of this job.
JOB = "01jb0000000000000000000007"


def seed_runs(data_dir: Path, count: int) -> float:
    """Adds so many ended runs of 100 jobs, older than any other; returns the seconds it took."""
    start = time.perf_counter()
    connection = duckdb.connect(str(data_dir / "records.duckdb"))
    try:
        connection.execute(
            """
            INSERT INTO runs BY NAME
            SELECT
                n AS run_no, 0 AS segment_id,
                '01h' || lpad(n::VARCHAR, 23, '0') AS id,
                '01jb' || lpad((n % 100)::VARCHAR, 22, '0') AS job_id,
                CASE WHEN n % 100000 = 1 THEN 'needle' ELSE 'job ' || (n % 100) END AS name,
                CASE WHEN n % 50 = 3 THEN 'failed' ELSE 'succeeded' END AS state,
                'schedule' AS trigger,
                TIMESTAMP '2025-01-01' + to_seconds(n * 30) AS scheduled_for,
                scheduled_for AS created_at,
                scheduled_for + INTERVAL 1 SECOND AS started_at,
                scheduled_for + INTERVAL 5 SECOND AS finished_at,
                'ada' AS created_by,
                'reports/job-' || (n % 100) || '.ipynb' AS notebook_path,
                sha256((n % 100)::VARCHAR) AS notebook_sha256,
                '{"day":' || (n % 365) || '}' AS parameters,
                '{"executor":"docker","image":"jupyter-batch-job:latest"}' AS environment,
                '[]' AS files, 0 AS priority,
                5 AS cells_total, 5 AS cells_done, 0 AS cells_failed
            FROM range(1, $count + 1) AS numbers (n)
            """,
            {"count": count},
        )
        connection.execute(
            """
            INSERT INTO attempts BY NAME
            SELECT run_no, 1 AS attempt_no, state, started_at, finished_at, 0 AS exit_code,
                   100000000 AS peak_memory_bytes, 1.5 AS cpu_seconds
            FROM runs
            """
        )
        connection.execute("CHECKPOINT")
    finally:
        connection.close()
    return time.perf_counter() - start


def seed_results(data_dir: Path, *, runs: int, cells: int) -> None:
    """Gives the newest so many seeded runs 5 parameters and 5 results, and all of them cells."""
    connection = duckdb.connect(str(data_dir / "records.duckdb"))
    try:
        connection.execute(
            """
            UPDATE runs SET parameters =
                '{"alpha":' || run_no / 7 || ',"n":' || run_no || ',"word":"w' || run_no ||
                '","flag":true,"nothing":null}'
            """
        )
        connection.execute(
            """
            INSERT INTO results BY NAME
            SELECT run_no, 1 AS attempt_no, k AS seq, 'r' || k AS name,
                   CASE WHEN k = 5 THEN 'text' ELSE 'number' END AS type, finished_at AS told_at,
                   8 AS size, CASE WHEN k = 5 THEN '"done"' ELSE (run_no / k)::VARCHAR END AS value
            FROM runs, range(1, 6) AS numbers (k)
            WHERE run_no <= $runs
            """,
            {"runs": runs},
        )
        connection.execute(
            """
            INSERT INTO cells BY NAME
            SELECT run_no, 1 AS attempt_no, k AS cell_index, run_no * 1000 + k AS version,
                   'code' AS cell_type, 'print(' || k || ')' AS source,
                   CASE WHEN k = 99 AND run_no % 50 = 3 THEN 'failed' ELSE 'succeeded' END AS state,
                   k AS execution_count, started_at,
                   started_at + to_milliseconds(k * 37 + run_no % 100) AS finished_at,
                   '{}' AS metadata, 100000000 + k AS memory_bytes
            FROM runs, range($each) AS numbers (k)
            ORDER BY ALL
            """,
            {"each": cells // runs},
        )
        connection.execute("CHECKPOINT")
    finally:
        connection.close()
