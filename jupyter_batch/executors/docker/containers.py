"""Makes the arguments of a container, with the safe defaults of an attempt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import docker
from docker.types import DeviceRequest, LogConfig, Mount

from jupyter_batch.domain.environment import Environment, Volume
from jupyter_batch.executors.bundle_tar import Member
from jupyter_batch.executors.docker.images import HARDENING, ImageFacts
from jupyter_batch.ports import AttemptHandle, AttemptSpec
from jupyter_batch.runner.spool import FOLDER_VARIABLE

STORE_LABEL = "jupyter_batch.store"
RUN_LABEL = "jupyter_batch.run"
ATTEMPT_LABEL = "jupyter_batch.attempt"
#: On containers whose runner signs its frames.
SIGNED_LABEL = "jupyter_batch.signed"

_FOLDER = "jupyter-batch"
WORK_FOLDER = f"/{_FOLDER}/work"
_HOME = f"/{_FOLDER}/home"
_RUNNER = f"{_HOME}/.jb-runner.pyz"
#: The runner's folder for files that must survive its death.
KEPT_FOLDER = f"/{_FOLDER}/kept"

#: The container's start program; it reads the runner from stdin.
_BOOT = (Path(__file__).parent / "boot.py").read_text()

#: Libraries that would otherwise start a thread for each cpu of the machine.
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMEXPR_MAX_THREADS",
    "NUMBA_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "POLARS_MAX_THREADS",
    "RAYON_NUM_THREADS",
    "PYTHON_CPU_COUNT",
)

#: Every option is said, because the daemon's own defaults would fill in what is not: a log
#: that rotates or drops messages would lose frames. The runner cuts (see max_output_bytes), so
#: that its size (executors/sizes.py) is only reached by what gets past the runner.
_LOG_OPTIONS = {"max-file": "1", "compress": "false", "mode": "blocking"}


def create_arguments(
    client: docker.APIClient,
    spec: AttemptSpec,
    facts: ImageFacts,
    *,
    max_pids: int,
    max_log_bytes: int,
    is_signed: bool,
) -> dict[str, Any]:
    """Returns the keyword arguments of docker-py's ``create_container`` for an attempt."""
    environment = spec.environment
    return {
        "name": spec.name,
        "image": environment.image_digest or environment.image,
        "entrypoint": [facts.python, "-c", _BOOT, _RUNNER],
        "command": [],
        "user": facts.user,
        "working_dir": WORK_FOLDER,
        "environment": _variables(environment, facts),
        "labels": labels(spec) | ({SIGNED_LABEL: "yes"} if is_signed else {}),
        # Ends with the one connection that sends the bundle.
        "stdin_open": True,
        "tty": False,
        "host_config": client.create_host_config(
            **_limits(environment, max_pids),
            **HARDENING,
            network_mode=environment.network,
            mounts=[_mount(volume) for volume in environment.volumes],
            device_requests=_gpus(environment.gpus),
            log_config=LogConfig(
                type=LogConfig.types.JSON,
                config={**_LOG_OPTIONS, "max-size": str(max_log_bytes)},
            ),
        ),
    }


def labels(spec: AttemptSpec) -> dict[str, str]:
    """Returns the labels by which an attempt's container is found again."""
    return {
        STORE_LABEL: spec.store_id,
        RUN_LABEL: spec.run_id,
        ATTEMPT_LABEL: str(spec.attempt_no),
    }


def handle(run_id: str, attempt_no: int, container_id: Any, is_signed: bool) -> AttemptHandle:
    """Returns the handle of the attempt of a container."""
    return AttemptHandle(
        run_id=run_id,
        attempt_no=attempt_no,
        container_id=str(container_id),
        is_signed=is_signed,
    )


def listed(item: dict[str, Any]) -> AttemptHandle | None:
    """Returns the handle of a container; None where its labels are not as we write them."""
    labels = item["Labels"]
    try:
        number = int(labels[ATTEMPT_LABEL])
        run_id = labels[RUN_LABEL]
    except (KeyError, ValueError):
        return None
    return handle(run_id, number, item["Id"], SIGNED_LABEL in labels)


def folders(facts: ImageFacts) -> list[Member]:
    """Returns the folders that are added to a container whose image does not have them."""
    owned = {WORK_FOLDER: 0o755, _HOME: 0o700, KEPT_FOLDER: 0o700}
    return [
        Member(name=_FOLDER, mode=0o755),
        *(
            Member(name=path[1:], mode=mode, uid=facts.uid, gid=facts.gid)
            for path, mode in owned.items()
        ),
    ]


def _variables(environment: Environment, facts: ImageFacts) -> dict[str, str]:
    threads = str(max(1, round(environment.cpus or 1)))
    variables = dict.fromkeys(_THREAD_VARIABLES, threads)
    # An image's own home is kept where its user can write to it.
    variables["HOME"] = facts.home or _HOME
    variables[FOLDER_VARIABLE] = KEPT_FOLDER
    return variables


def _limits(environment: Environment, max_pids: int) -> dict[str, Any]:
    limits: dict[str, Any] = {"pids_limit": max_pids}
    if environment.cpus is not None:
        limits["nano_cpus"] = int(environment.cpus * 1e9)
    if environment.memory_bytes is not None:
        # Swap is counted in: the same figure means no swap.
        limits["mem_limit"] = limits["memswap_limit"] = environment.memory_bytes
        # The engine gives 64 MB, too little for workers that share arrays; it counts as memory.
        limits["shm_size"] = environment.memory_bytes // 2
    return limits


def _mount(volume: Volume) -> Mount:
    return Mount(
        target=volume.target,
        source=volume.source,
        type="bind" if volume.source.startswith("/") else "volume",
        read_only=volume.read_only,
    )


def _gpus(count: int) -> list[DeviceRequest]:
    return [DeviceRequest(count=count, capabilities=[["gpu"]])] if count else []
