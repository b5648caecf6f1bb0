"""The store: DuckDB files in one data folder."""

from __future__ import annotations

from jupyter_batch.store.store import DuckStore, open_store

__all__ = ["DuckStore", "open_store"]
