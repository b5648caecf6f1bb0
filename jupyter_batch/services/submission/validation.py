"""Turns a request into a run. Validates and freezes everything before anything is stored."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import NamedTuple

from msgspec.structs import replace

from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.findings import Findings
from jupyter_batch.domain.ids import IdSource
from jupyter_batch.domain.notebook import FrozenNotebook
from jupyter_batch.domain.parameters.parameters import ParameterSchema, check_parameters
from jupyter_batch.domain.requests import RunRequest
from jupyter_batch.domain.run import NotebookRef, Run, TriggerKind
from jupyter_batch.domain.settings import Settings
from jupyter_batch.errors import BatchError, InvalidInput, NotAllowed, UnknownKernel
from jupyter_batch.ports import Clock, Executor, Notebooks, Secrets
from jupyter_batch.runner.kernel_choice import choose_kernel
from jupyter_batch.services.submission.request_checks import check_run


class ReadNotebook(NamedTuple):
    """A frozen notebook and its parameter schema."""

    frozen: FrozenNotebook
    schema: ParameterSchema


class RequestValidator:
    """Validates run requests and freezes their notebooks."""

    def __init__(
        self,
        *,
        executors: Mapping[str, Executor],
        notebooks: Notebooks,
        secrets: Secrets,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._executors = executors
        self._notebooks = notebooks
        self._secrets = secrets
        self._clock = clock
        self._settings = settings
        self._ids = IdSource()

    def new_id(self) -> str:
        """Returns a new run id."""
        return self._ids.new(self._clock.now())

    async def read(self, request: RunRequest) -> ReadNotebook:
        """Freezes the notebook of a request and infers its parameters; raises its errors."""
        frozen = await self._notebooks.freeze(
            request.notebook, request.files, request.content, root=request.root
        )
        if request.uploads:
            frozen = replace(frozen, files=(*frozen.files, *request.uploads))
        return await self.understood(frozen)

    async def _read_for(self, request: RunRequest, findings: Findings) -> ReadNotebook:
        """Returns the notebook. If it cannot be read, raises that with the other errors found."""
        try:
            return await self.read(request)
        except BatchError:
            findings.raise_first()
            raise

    async def understood(self, frozen: FrozenNotebook) -> ReadNotebook:
        """Returns a frozen notebook with its parameter schema."""
        return ReadNotebook(frozen, await self._notebooks.schema(frozen.content))

    async def accept(
        self,
        request: RunRequest,
        *,
        user: str,
        trigger: TriggerKind,
        job_id: str | None = None,
        run_id: str | None = None,
        read: ReadNotebook | None = None,
    ) -> tuple[Run, FrozenNotebook]:
        """Returns a valid run and its frozen notebook; raises the request's errors.

        ``read`` is the notebook if it has been read already.
        """
        findings = Findings()
        environment = request.environment
        with findings.gather():
            check_run(request, self._settings)
        with findings.gather():
            environment = await self.resolve_environment(request.environment, user=user)
        frozen, schema = read or await self._read_for(request, findings)
        if not findings.has("parameters"):
            with findings.gather():
                check_parameters(schema, request.parameters)
        findings.raise_first()
        await self._check_kernel(schema, environment)
        now = self._clock.now()
        timeout = request.timeout_seconds or self._settings.default_timeout_seconds
        return Run(
            id=run_id or self._ids.new(now),
            job_id=job_id,
            name=request.name or _stem(frozen.path),
            trigger=trigger,
            scheduled_for=now,
            created_at=now,
            created_by=user,
            notebook=NotebookRef(
                path=frozen.path,
                sha256=frozen.sha256,
                root=request.root if request.content is None else "",
            ),
            parameters=request.parameters,
            environment=environment,
            files=request.files,
            timeout_seconds=timeout,
            priority=request.priority,
        ), frozen

    async def resolve_environment(self, environment: Environment, *, user: str) -> Environment:
        """Returns the environment with all defaults; raises InvalidInput for what is unavailable."""
        name = environment.executor or self._settings.default_executor
        if name not in self._executors:
            known = ", ".join(sorted(self._executors))
            raise InvalidInput(
                f"there is no executor {name!r}; there is: {known}", field="environment.executor"
            )
        if name not in self._settings.allowed_executors:
            raise NotAllowed(
                f"the settings do not allow the executor {name!r}", field="environment.executor"
            )
        resolved = self._executors[name].resolve(replace(environment, executor=name))
        await self._secrets.get(resolved.secrets, user=user)
        return resolved

    async def _check_kernel(self, schema: ParameterSchema, environment: Environment) -> None:
        report = await self._executors[environment.executor or ""].inspect(environment)
        if report is None:
            return
        place = f"the image {environment.image}" if environment.image else "this machine"
        kernel = environment.kernel
        if kernel is None:
            # The runner makes the same choice.
            chosen, why = choose_kernel(schema.kernel, schema.language, report.kernels)
            if chosen is None:
                raise UnknownKernel(f"{place}: {why}", field="notebook")
        elif kernel not in report.kernels:
            raise UnknownKernel(
                f"{place} has no kernel {kernel!r}; it has: {', '.join(sorted(report.kernels))}",
                field="environment.kernel",
            )


def _stem(path: str) -> str:
    return posixpath.splitext(posixpath.basename(path))[0] or path
