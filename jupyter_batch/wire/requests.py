"""Bodies of requests; unknown fields and values of the wrong type are refused."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from jupyter_batch.domain.environment import Environment, Volume
from jupyter_batch.domain.job import Source
from jupyter_batch.domain.notebook import FrozenFile
from jupyter_batch.domain.overlap import OverlapPolicy
from jupyter_batch.domain.requests import JobChanges, JobRequest, RunRequest
from jupyter_batch.errors import InvalidInput, InvalidParameters
from jupyter_batch.wire.notebook_paths import check_upload_path
from jupyter_batch.wire.schedules import AnyShape, RetryShape, triggers_of

_LARGEST = 2**53
#: Levels of lists and objects in a parameter.
_MAX_DEPTH = 64

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=4096, pattern=r"^[^\x00]*$")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Description = Annotated[str, msgspec.Meta(max_length=10_000)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=366 * 24 * 3600)]
Cpus = Annotated[float, msgspec.Meta(gt=0, le=100_000)]
Bytes = Annotated[int, msgspec.Meta(gt=0, le=_LARGEST)]
Gpus = Annotated[int, msgspec.Meta(ge=-1, le=1024)]
Priority = Annotated[int, msgspec.Meta(ge=-1000, le=1000)]
KeepRuns = Annotated[int, msgspec.Meta(ge=1, le=_LARGEST)]
KeepDays = Annotated[float, msgspec.Meta(gt=0, le=36_600)]
Concurrency = Annotated[int, msgspec.Meta(ge=1, le=100_000)]


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of all bodies."""


class NoBody(Body, frozen=True, kw_only=True):
    """No fields; the body may be left out."""


class VolumeBody(Body, frozen=True, kw_only=True):
    """A volume, as in ``environment.volumes``."""

    source: Text
    target: Text
    read_only: bool = True


class EnvironmentBody(Body, frozen=True, kw_only=True):
    """An environment; what is null is decided by the server's settings."""

    executor: Text | None = None
    image: Text | None = None
    cpus: Cpus | None = None
    memory_bytes: Bytes | None = None
    #: 0 for none, -1 for all.
    gpus: Gpus = 0
    env: dict[Text, str] = msgspec.field(default_factory=dict)
    secrets: tuple[Text, ...] = ()
    volumes: tuple[VolumeBody, ...] = ()
    network: Text | None = None
    kernel: Text | None = None
    #: Whether an exception in a cell tagged ``raises-exception`` fails the run.
    strict_errors: bool = False
    #: Whether files written beside the notebook are kept as artifacts, too.
    keep_files: bool = False

    def to_domain(self) -> Environment:
        """Returns the value of the domain."""
        fields = msgspec.structs.asdict(self)
        fields["volumes"] = tuple(
            Volume(source=v.source, target=v.target, read_only=v.read_only) for v in self.volumes
        )
        return Environment(**fields)


class UploadBody(Body, frozen=True, kw_only=True):
    """A file that comes with the notebook's content."""

    #: Relative to the notebook's folder, with ``/``.
    path: Text
    content_base64: bytes


class RunBody(Body, frozen=True, kw_only=True):
    """``POST runs``."""

    notebook: Text
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    environment: EnvironmentBody = EnvironmentBody()
    #: Glob patterns of files beside the notebook that go along.
    files: tuple[Text, ...] = ()
    timeout_seconds: Seconds | None = None
    name: Name | None = None
    priority: Priority = 0
    #: The notebook as an object, or its text, for callers whose disk the server does not see.
    content: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    uploads: tuple[UploadBody, ...] = ()
    #: ``manual`` for a person at a button.
    trigger: Literal["api", "manual"] = "api"

    def to_domain(self) -> RunRequest:
        """Returns the value of the domain; raises InvalidInput."""
        check_depth(self.parameters)
        return RunRequest(
            notebook=self.notebook,
            parameters=self.parameters,
            environment=self.environment.to_domain(),
            files=self.files,
            timeout_seconds=self.timeout_seconds,
            name=self.name,
            priority=self.priority,
            content=content_of(self.content),
            uploads=uploads_of(self.uploads),
        )


class RunJobBody(Body, frozen=True, kw_only=True):
    """``POST jobs/{id}/runs``; an empty body is one with no fields."""

    #: In the place of the job's own.
    parameters: dict[str, Any] | None = None
    trigger: Literal["api", "manual"] = "api"
    #: Whether it starts whatever the job's other runs do.
    force: bool = False


class JobBody(Body, frozen=True, kw_only=True):
    """``POST jobs``."""

    name: Name
    notebook: Text
    description: Description = ""
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    environment: EnvironmentBody = EnvironmentBody()
    files: tuple[Text, ...] = ()
    timeout_seconds: Seconds | None = None
    priority: Priority = 0
    max_concurrent: Concurrency | None = None
    triggers: tuple[AnyShape, ...] = ()
    overlap_policy: OverlapPolicy | None = None
    retry: RetryShape = RetryShape()
    pause_after_failures: int | None = None
    run_timeout_seconds: Seconds | None = None
    queue_timeout_seconds: Seconds | None = None
    keep_runs: KeepRuns | None = None
    keep_days: KeepDays | None = None
    source: Source = Source.LATEST

    def to_domain(self) -> JobRequest:
        """Returns the value of the domain; raises InvalidInput."""
        check_depth(self.parameters)
        fields = {name: getattr(self, name) for name in self.__struct_fields__}
        fields["environment"] = self.environment.to_domain()
        return JobRequest(**_with_policies(fields))


class JobChangesBody(Body, frozen=True, kw_only=True):
    """``PATCH jobs/{id}``: what is given replaces what was, environment and parameters whole."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    notebook: Text | msgspec.UnsetType = msgspec.UNSET
    description: Description | msgspec.UnsetType = msgspec.UNSET
    parameters: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    environment: EnvironmentBody | msgspec.UnsetType = msgspec.UNSET
    files: tuple[Text, ...] | msgspec.UnsetType = msgspec.UNSET
    timeout_seconds: Seconds | msgspec.UnsetType | None = msgspec.UNSET
    priority: Priority | msgspec.UnsetType = msgspec.UNSET
    max_concurrent: Concurrency | msgspec.UnsetType | None = msgspec.UNSET
    triggers: tuple[AnyShape, ...] | msgspec.UnsetType = msgspec.UNSET
    overlap_policy: OverlapPolicy | msgspec.UnsetType | None = msgspec.UNSET
    retry: RetryShape | msgspec.UnsetType = msgspec.UNSET
    pause_after_failures: int | msgspec.UnsetType | None = msgspec.UNSET
    run_timeout_seconds: Seconds | msgspec.UnsetType | None = msgspec.UNSET
    queue_timeout_seconds: Seconds | msgspec.UnsetType | None = msgspec.UNSET
    keep_runs: KeepRuns | msgspec.UnsetType | None = msgspec.UNSET
    keep_days: KeepDays | msgspec.UnsetType | None = msgspec.UNSET
    source: Source | msgspec.UnsetType = msgspec.UNSET

    def to_domain(self) -> JobChanges:
        """Returns the value of the domain; raises InvalidInput."""
        if self.parameters is not msgspec.UNSET:
            check_depth(self.parameters)
        fields = {name: getattr(self, name) for name in self.__struct_fields__}
        if self.environment is not msgspec.UNSET:
            fields["environment"] = self.environment.to_domain()
        return JobChanges(**_with_policies(fields))


class DeleteRunsBody(Body, frozen=True, kw_only=True):
    """``DELETE runs``."""

    ids: Annotated[tuple[Text, ...], msgspec.Meta(min_length=1, max_length=1000)]


def _with_policies(fields: dict[str, Any]) -> dict[str, Any]:
    """Returns fields of a job with triggers and retry as the domain has them."""
    if fields["triggers"] is not msgspec.UNSET:
        for shape in fields["triggers"]:
            check_depth(shape.parameters)
        fields["triggers"] = triggers_of(fields["triggers"])
    if fields["retry"] is not msgspec.UNSET:
        fields["retry"] = fields["retry"].to_domain()
    return fields


def check_depth(parameters: dict[str, Any], path: str = "parameters") -> None:
    """Raises InvalidParameters where values are nested too deeply to be handled safely."""
    level: list[tuple[str, Any]] = list(parameters.items())
    for _ in range(_MAX_DEPTH):
        level = [(name, item) for name, value in level for item in _items(value)]
        if not level:
            return
    raise InvalidParameters(
        f"the value is nested more than {_MAX_DEPTH} levels deep", field=f"{path}.{level[0][0]}"
    )


def _items(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def content_of(raw: msgspec.Raw | msgspec.UnsetType) -> bytes | None:
    """Returns the bytes of the notebook, as they came where they came as an object."""
    if raw is msgspec.UNSET:
        return None
    content = bytes(memoryview(raw)).strip()
    if content.startswith(b"{"):
        return content
    if content.startswith(b'"'):
        return msgspec.json.decode(content, type=str).encode()
    if content == b"null":
        return None
    raise InvalidInput("content is the notebook's object, or its text", field="content")


def uploads_of(uploads: tuple[UploadBody, ...]) -> tuple[FrozenFile, ...]:
    """Returns the files that come along; raises InvalidInput for a path that leads out."""
    seen: set[str] = set()
    for number, upload in enumerate(uploads):
        check_upload_path(upload.path, field=f"uploads.{number}.path")
        if upload.path in seen:
            raise InvalidInput(
                f"{upload.path!r} comes more than once", field=f"uploads.{number}.path"
            )
        seen.add(upload.path)
    return tuple(FrozenFile(path=u.path, content=u.content_base64) for u in uploads)
