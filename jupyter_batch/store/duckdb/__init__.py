"""DuckDB itself: files, locks, the writer thread, read cursors, rows."""
