"""Bodies of requests; unknown fields and values of the wrong type are refused."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Union

import msgspec

from jupyter_batch.domain.environment import Environment, Volume
from jupyter_batch.domain.job import Job
from jupyter_batch.domain.job_fields import JobFields, RunFields
from jupyter_batch.domain.notebook import FrozenFile
from jupyter_batch.domain.request_limits import LARGEST_INTEGER, Name, Text
from jupyter_batch.domain.requests import JobRequest, RunRequest
from jupyter_batch.errors import InvalidInput, InvalidParameters
from jupyter_batch.wire.decoding import decode_value
from jupyter_batch.wire.notebook_paths import check_upload_path
from jupyter_batch.wire.schedules import AnyShape, RetryShape, triggers_of

#: Levels of lists and objects in a parameter.
_MAX_DEPTH = 64

Cpus = Annotated[float, msgspec.Meta(gt=0, le=100_000)]
Bytes = Annotated[int, msgspec.Meta(gt=0, le=LARGEST_INTEGER)]
Gpus = Annotated[int, msgspec.Meta(ge=-1, le=1024)]


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


class NotebookBody(RunFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The common fields of the bodies of runs and of sweeps."""

    environment: EnvironmentBody = EnvironmentBody()
    name: Name | None = None
    #: The notebook as an object, or its text, for callers whose disk the server does not see.
    content: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    uploads: tuple[UploadBody, ...] = ()

    def run_request(self) -> RunRequest:
        """Returns the value of the domain; raises InvalidInput."""
        check_depth(self.parameters)
        return RunRequest(
            **{name: getattr(self, name) for name in RunFields.__struct_fields__},
            environment=self.environment.to_domain(),
            name=self.name,
            content=content_of(self.content),
            uploads=uploads_of(self.uploads),
        )


class RunBody(NotebookBody, frozen=True, kw_only=True):
    """``POST runs``."""

    #: ``manual`` for a person at a button.
    trigger: Literal["api", "manual"] = "api"

    def to_domain(self) -> RunRequest:
        """Returns the value of the domain; raises InvalidInput."""
        return self.run_request()


class RunJobBody(Body, frozen=True, kw_only=True):
    """``POST jobs/{id}/runs``; an empty body is one with no fields."""

    #: In the place of the job's own.
    parameters: dict[str, Any] | None = None
    trigger: Literal["api", "manual"] = "api"
    #: Whether it starts whatever the job's other runs do.
    force: bool = False


class JobBody(JobFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``POST jobs``."""

    environment: EnvironmentBody = EnvironmentBody()
    triggers: tuple[AnyShape, ...] = ()
    retry: RetryShape = RetryShape()

    def to_domain(self) -> JobRequest:
        """Returns the value of the domain; raises InvalidInput."""
        check_depth(self.parameters)
        for shape in self.triggers:
            check_depth(shape.parameters)
        return JobRequest(
            **{name: getattr(self, name) for name in JobFields.__struct_fields__},
            environment=self.environment.to_domain(),
            triggers=triggers_of(self.triggers),
            retry=self.retry.to_domain(),
        )


#: ``PATCH jobs/{id}``: the fields of ``JobBody``, each of which may be left out.
JobChangesBody = msgspec.defstruct(
    "JobChangesBody",
    [
        (field.name, Union[field.type, msgspec.UnsetType], msgspec.UNSET)  # noqa: UP007
        for field in msgspec.structs.fields(JobBody)
    ],
    namespace={"__doc__": "``PATCH jobs/{id}``: what is given replaces what was, as a whole."},
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
)


def job_changes(job: Job, changes: msgspec.Struct) -> dict[str, Any]:
    """Returns the given fields as the domain has them; raises InvalidInput.

    They are merged over the job's own, and the whole is decoded as the body of a new job is.
    """
    given = {
        name: value
        for name, value in msgspec.structs.asdict(changes).items()
        if value is not msgspec.UNSET
    }
    whole = {name: getattr(job, name) for name in JobBody.__struct_fields__}
    whole["environment"] = {
        name: getattr(job.environment, name) for name in EnvironmentBody.__struct_fields__
    }
    request = decode_value(msgspec.to_builtins(whole | given), JobBody).to_domain()
    return {name: getattr(request, name) for name in given}


class DeleteRunsBody(Body, frozen=True, kw_only=True):
    """``DELETE runs``."""

    ids: Annotated[tuple[Text, ...], msgspec.Meta(min_length=1, max_length=1000)]


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
