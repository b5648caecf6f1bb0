"""The administrator's settings; extension.py makes them from traits."""

from __future__ import annotations

from jupyter_batch.domain.executor_kinds import EXECUTOR_NAMES
from jupyter_batch.domain.value import Value

_MIB = 1024 * 1024
_GIB = 1024 * _MIB


class Settings(Value, frozen=True, kw_only=True):
    """All settings, with their defaults. Each is a trait of the same name."""

    #: Folder of the store.
    data_dir: str
    #: Folder that notebook paths are relative to.
    root_dir: str
    #: Number of runs that may be active at once; None for the number of CPUs.
    max_concurrent_runs: int | None = None
    #: Number of runs of one user that may be active at once; None for no limit.
    max_concurrent_runs_per_user: int | None = None
    #: Executor of runs that name none; ``jupyter batch run --help`` lists all.
    default_executor: str = EXECUTOR_NAMES[0]
    #: Executors that runs may name.
    allowed_executors: tuple[str, ...] = EXECUTOR_NAMES
    #: Image of runs that name none.
    default_image: str = "jupyter-batch-job:latest"
    #: Images that runs may name, as shell patterns.
    allowed_images: tuple[str, ...] = ("*",)
    #: ``if_absent`` (pull an image that is not there), ``always`` or ``never``.
    pull_policy: str = "if_absent"
    #: Host folders and named volumes that runs may mount, as shell patterns. None by default.
    allowed_volumes: tuple[str, ...] = ()
    #: Networks that runs may name.
    allowed_networks: tuple[str, ...] = ("bridge", "none")
    default_network: str = "bridge"
    #: Address of the container engine; None for that of ``DOCKER_HOST``.
    docker_host: str | None = None
    default_cpus: float = 2.0
    max_cpus: float | None = None
    default_memory_bytes: int = 2 * _GIB
    max_memory_bytes: int | None = None
    #: Processes and threads in one container.
    max_pids: int = 1024
    #: If true, runs may ask for GPUs.
    allow_gpus: bool = True
    #: Time that a notebook has to clean up when it is cancelled or out of time.
    grace_seconds: float = 10.0
    heartbeat_seconds: float = 5.0
    #: Time without a message from a runner after which its attempt ends as lost, while its
    #: container runs; None for no limit.
    silence_limit_seconds: float | None = 300.0
    #: Time without an answer from an engine after which its runs are lost.
    engine_patience_seconds: float = 600.0
    #: Time limit of runs that name none; None for no limit.
    default_timeout_seconds: float | None = None
    #: Bytes of outputs and log of one attempt. Further output is cut and counted.
    max_output_bytes: int = 1 * _GIB
    #: Artifacts of one attempt in all.
    max_artifact_bytes: int = 256 * _MIB
    #: Notebook and files of one run.
    max_bundle_bytes: int = 512 * _MIB
    #: Body of one HTTP request.
    max_body_bytes: int = 64 * _MIB
    #: File with secrets, ``NAME=value`` or ``NAME="several lines"``, readable by its user only;
    #: None for none.
    secrets_file: str | None = None
    #: Number of finished runs of each job that are kept; None for all. A job may say
    #: otherwise.
    keep_runs: int | None = None
    #: Days that finished runs are kept; None for ever. The newest success of a job is always
    #: kept.
    keep_days: float | None = None
    #: Delay up to which a scheduled time counts as on time: it runs, regardless of its job's
    #: policy for missed times.
    on_time_seconds: float = 60.0
    #: Idle time after which an on-demand server ends.
    on_demand_idle_seconds: float = 60.0
