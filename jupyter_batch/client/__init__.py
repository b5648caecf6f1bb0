"""The Python API: finds the owner or starts one, then talks HTTP to it."""

from __future__ import annotations

from jupyter_batch.client.artifacts import Artifact
from jupyter_batch.client.client import Client
from jupyter_batch.client.job import Job
from jupyter_batch.client.jobs import Jobs
from jupyter_batch.client.run import Run
from jupyter_batch.client.runs import Runs
from jupyter_batch.client.sweep import Sweep
from jupyter_batch.client.sweeps import Sweeps

__all__ = ["Artifact", "Client", "Job", "Jobs", "Run", "Runs", "Sweep", "Sweeps"]
