"""Attempts as processes of the server's own machine, with no isolation."""

from jupyter_batch.executors.process.executor import ProcessExecutor

__all__ = ["ProcessExecutor"]
