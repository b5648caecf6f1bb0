-- name: select_progress
SELECT attempt_no, max(last_seq) AS last_seq, max(last_line) AS last_line,
       max(needs_seq) AS needs_seq
FROM {segment}.progress
WHERE run_no = $run_no
GROUP BY attempt_no

-- name: select_known
-- Which contents are there already; each has a first piece.
SELECT sha256 FROM {segment}.contents WHERE piece_no = 0 AND sha256 IN (SELECT unnest($given))

-- name: is_known
SELECT sha256 FROM {segment}.contents WHERE sha256 = $given LIMIT 1

-- name: select_frozen
SELECT path, sha256, content_sha256 FROM {segment}.frozen WHERE run_no = $run_no ORDER BY file_no

-- name: select_content
SELECT content FROM {segment}.contents WHERE sha256 = $sha256 ORDER BY piece_no

-- name: select_edits
-- The cells, and whether anything but appending has happened to their outputs.
SELECT cell_index, bool_or(op IN ('replace', 'clear')) AS has_edits
FROM {segment}.outputs
WHERE run_no = $run_no AND attempt_no = $attempt_no
  AND ($cell_index IS NULL OR cell_index = $cell_index)
GROUP BY cell_index
ORDER BY cell_index

-- name: select_windows
-- Where to cut one cell's ops, in order, into windows of about so many characters.
SELECT max(seq)
FROM (
    SELECT seq, sum(size + 100) OVER (ORDER BY seq) // $window_size AS window_no
    FROM {segment}.outputs
    WHERE run_no = $run_no AND attempt_no = $attempt_no AND cell_index = $cell_index
)
GROUP BY window_no
ORDER BY window_no

-- name: select_ops
-- One cell's ops without their bodies.
SELECT seq, op_no, op, output_no, output_type, more, sum(size) AS size
FROM {segment}.outputs
WHERE run_no = $run_no AND attempt_no = $attempt_no AND cell_index = $cell_index
GROUP BY ALL
ORDER BY seq, op_no

-- name: select_window
-- One cell's ops from one frame to another, with their bodies.
SELECT seq, op_no, op, output_no, output_type, more, body
FROM {segment}.outputs
WHERE run_no = $run_no AND attempt_no = $attempt_no AND cell_index = $cell_index
  AND seq > $after AND seq <= $until
ORDER BY seq, op_no, piece_no

-- name: select_bodies
-- One cell's ops of chosen frames, with their bodies.
SELECT seq, op_no, op, output_no, output_type, more, body
FROM {segment}.outputs
WHERE run_no = $run_no AND attempt_no = $attempt_no AND cell_index = $cell_index
  AND seq BETWEEN $first AND $last AND seq IN (SELECT unnest($seqs))
ORDER BY seq, op_no, piece_no

-- name: select_frames
-- Frames with outputs after one of an attempt, with the size of their bodies.
SELECT attempt_no, seq, sum(size) AS size
FROM {segment}.outputs
WHERE run_no = $run_no AND (attempt_no > $attempt_no OR attempt_no = $attempt_no AND seq > $seq)
GROUP BY attempt_no, seq
ORDER BY attempt_no, seq
LIMIT $limit

-- name: select_frame_ops
-- All ops of an attempt from one frame to another.
SELECT seq, op_no, happened_at, op, cell_index, output_no, output_type, more, body
FROM {segment}.outputs
WHERE run_no = $run_no AND attempt_no = $attempt_no AND seq BETWEEN $first AND $last
ORDER BY seq, op_no, piece_no

-- name: select_document
SELECT more, body
FROM {segment}.documents
WHERE run_no = $run_no AND attempt_no = $attempt_no AND name = $name
ORDER BY seq, piece_no

-- name: select_log
SELECT line_no, text
FROM {segment}.log
WHERE run_no = $run_no AND attempt_no = $attempt_no AND line_no > $after
ORDER BY line_no
LIMIT $limit

-- name: select_artifact_slices
SELECT seq, more, sum(size) AS size
FROM {segment}.artifacts
WHERE run_no = $run_no AND attempt_no = $attempt_no AND path = $path
GROUP BY seq, more
ORDER BY seq

-- name: select_artifact_bytes
SELECT content
FROM {segment}.artifacts
WHERE run_no = $run_no AND attempt_no = $attempt_no AND path = $path
  AND seq BETWEEN $first AND $last
ORDER BY seq, piece_no
