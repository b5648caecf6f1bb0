"""The Docker executor; the only place that imports docker."""

from jupyter_batch.executors.docker.executor import DockerExecutor

__all__ = ["DockerExecutor"]
