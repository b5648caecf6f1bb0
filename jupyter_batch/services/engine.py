"""The engine: dispatcher, reconciler and use cases over one store."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from jupyter_batch.domain.executor_kinds import ExecutorKind
from jupyter_batch.domain.parameters.parameters import ParameterSchema
from jupyter_batch.domain.retention import Retention
from jupyter_batch.domain.run import Run
from jupyter_batch.domain.settings import Settings
from jupyter_batch.errors import BatchError
from jupyter_batch.ports import (
    Alarm,
    BackupFile,
    Clock,
    Executor,
    ExecutorHealth,
    Notebooks,
    Secrets,
    Store,
)
from jupyter_batch.services.auto_pause import AutoPause
from jupyter_batch.services.event_hub import EventHub
from jupyter_batch.services.execution.attempt_runner import AttemptRunner
from jupyter_batch.services.execution.bundle_maker import BundleMaker
from jupyter_batch.services.execution.dispatcher import Dispatcher
from jupyter_batch.services.execution.executor_health import ExecutorHealthTracker
from jupyter_batch.services.execution.reconciler import Reconciler
from jupyter_batch.services.imports import ImportService
from jupyter_batch.services.jobs import JobService
from jupyter_batch.services.maintenance.retention import RetentionService
from jupyter_batch.services.maintenance.space_reclaimer import SpaceReclaimer
from jupyter_batch.services.results import ResultService
from jupyter_batch.services.runs import RunService
from jupyter_batch.services.scheduling.alarm import SystemAlarm
from jupyter_batch.services.scheduling.backfills import BackfillService
from jupyter_batch.services.scheduling.scheduler import Scheduler
from jupyter_batch.services.submission.admission import AdmissionControl
from jupyter_batch.services.submission.run_factory import RunFactory
from jupyter_batch.services.submission.validation import RequestValidator
from jupyter_batch.services.sweeps import SweepService

#: Seconds that the store may take to write a row before it is reported as unavailable.
_CHECK_SECONDS = 20.0


class BatchEngine:
    """The batch engine of an owner. Call ``start`` and ``stop`` on one event loop."""

    def __init__(
        self,
        *,
        store: Store,
        executors: Mapping[str, Executor],
        notebooks: Notebooks,
        secrets: Secrets,
        clock: Clock,
        settings: Settings,
        hub: EventHub,
        alarm: Alarm | None = None,
        poll_seconds: float = 60.0,
    ) -> None:
        self.settings = settings
        self.hub = hub
        self._backups = 0
        self.store = store
        self._executors = executors
        self._notebooks = notebooks
        self._clock = clock
        self._secrets = secrets
        self._bundles = BundleMaker(
            store=store, notebooks=notebooks, secrets=secrets, settings=settings
        )
        self._executor_health = ExecutorHealthTracker(executors, clock)
        self._space_reclaimer = SpaceReclaimer(store, clock)
        self._retention = RetentionService(
            store,
            self._space_reclaimer,
            clock,
            Retention(keep_runs=settings.keep_runs, keep_days=settings.keep_days),
        )
        self.dispatcher = Dispatcher(
            store=store,
            clock=clock,
            executor_health=self._executor_health,
            limit=settings.max_concurrent_runs or os.cpu_count() or 1,
            limit_per_user=settings.max_concurrent_runs_per_user,
            attempt_runner=self._attempt_runner,
            on_end=self._check_failures,
        )
        self._reconciler = Reconciler(
            store=store,
            executors=executors,
            dispatcher=self.dispatcher,
            clock=clock,
            patience_seconds=settings.engine_patience_seconds,
        )
        validator = RequestValidator(
            executors=executors,
            notebooks=notebooks,
            secrets=secrets,
            clock=clock,
            settings=settings,
        )
        self._build_services(validator, alarm or SystemAlarm(), poll_seconds)

    async def start(self) -> None:
        """Brings the records up to date and starts to serve the queue."""
        # A run that is found lost may pause its job.
        await self.scheduler.read()
        await self._reconciler.start()
        self.dispatcher.start()
        await self.scheduler.start()
        self._space_reclaimer.start()
        self._retention.start()

    async def stop(self) -> None:
        """Stops the engine. Attempts continue, and the next owner adopts them."""
        await self._retention.stop()
        await self._space_reclaimer.stop()
        await self.scheduler.stop()
        await self._reconciler.stop()
        await self.dispatcher.stop()
        self.hub.close()
        for executor in self._executors.values():
            await executor.close()
        await self.store.close()

    async def parameters(self, path: str, *, root: str = "") -> ParameterSchema:
        """Returns the parameters of a notebook on the server's disk."""
        frozen = await self._notebooks.freeze(path, (), root=root)
        return await self._notebooks.schema(frozen.content)

    async def secret_names(self, *, user: str) -> tuple[str, ...]:
        """Returns the names of the secrets that runs may ask for."""
        return await self._secrets.names(user=user)

    async def secret_weaknesses(self, *, user: str) -> dict[str, str]:
        """Returns, by name, a warning for each secret whose masking would mask other texts too."""
        return await self._secrets.weaknesses(user=user)

    async def trouble(self) -> str | None:
        """Returns why the queue is not served; None if it is.

        A problem with a single run is not reported here: it is that run's reason.
        """
        known = self.dispatcher.trouble or self.scheduler.trouble
        if known is not None:
            return known
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                await self.store.check()
        except TimeoutError:
            return f"the store has written nothing for {_CHECK_SECONDS:g} s"
        except BatchError as error:
            return f"the store cannot be written: {error.message}"
        return None

    async def health(self) -> dict[str, Any]:
        """Returns a JSON-able status: store, root, executors, and the number of runs in each state."""
        counts = await self.store.runs.count()
        return {
            "store_id": self.store.id,
            "data_dir": self.settings.data_dir,
            "root_dir": self.settings.root_dir,
            "default_executor": self.settings.default_executor,
            "default_image": self.settings.default_image,
            "default_cpus": self.settings.default_cpus,
            "default_memory_bytes": self.settings.default_memory_bytes,
            "default_network": self.settings.default_network,
            "allowed_images": self.settings.allowed_images,
            "allowed_networks": self.settings.allowed_networks,
            "executors": {
                name: _health_answer(executor.kind, await executor.health())
                for name, executor in self._executors.items()
                if name in self.settings.allowed_executors
            },
            "runs": {str(state): count for state, count in counts.items()},
        }

    @asynccontextmanager
    async def backup(self) -> AsyncIterator[BackupFile]:
        """Yields a backup of the store. The owner does not count as idle meanwhile."""
        self._backups += 1
        try:
            async with self.store.backup() as made:
                yield made
        finally:
            self._backups -= 1

    async def is_idle(self) -> bool:
        """Returns whether there is no run to do, no listener and no backup."""
        if self.dispatcher.active or self.hub.listeners or self._backups:
            return False
        counts = await self.store.runs.count()
        return not any(count for state, count in counts.items() if not state.is_terminal)

    def _build_services(
        self, validator: RequestValidator, alarm: Alarm, poll_seconds: float
    ) -> None:
        """Builds the use cases."""
        admission = AdmissionControl(
            store=self.store, dispatcher=self.dispatcher, clock=self._clock
        )
        run_factory = RunFactory(store=self.store, validator=validator, clock=self._clock)
        self.runs = RunService(
            store=self.store,
            validator=validator,
            admission=admission,
            dispatcher=self.dispatcher,
            notebooks=self._notebooks,
            hub=self.hub,
            space_reclaimer=self._space_reclaimer,
            clock=self._clock,
        )
        self.results = ResultService(self.store)
        self.scheduler = Scheduler(
            store=self.store,
            clock=self._clock,
            alarm=alarm,
            run_factory=run_factory,
            admission=admission,
            dispatcher=self.dispatcher,
            poll_seconds=poll_seconds,
            on_time_seconds=self.settings.on_time_seconds,
        )
        self.jobs = JobService(
            store=self.store,
            validator=validator,
            run_factory=run_factory,
            admission=admission,
            scheduler=self.scheduler,
            dispatcher=self.dispatcher,
            notebooks=self._notebooks,
            clock=self._clock,
            on_change=self._retention.wake,
        )
        self._auto_pause = AutoPause(store=self.store, jobs=self.jobs)
        self.sweeps = SweepService(
            store=self.store,
            validator=validator,
            dispatcher=self.dispatcher,
            space_reclaimer=self._space_reclaimer,
            clock=self._clock,
        )
        self.imports = ImportService(
            store=self.store, notebooks=self._notebooks, validator=validator, clock=self._clock
        )
        self.backfills = BackfillService(
            store=self.store,
            clock=self._clock,
            run_factory=run_factory,
            admission=admission,
            dispatcher=self.dispatcher,
        )

    async def _check_failures(self, run: Run) -> None:
        await self._auto_pause.check(run)

    def _attempt_runner(self, run: Run) -> AttemptRunner:
        return AttemptRunner(
            run,
            store=self.store,
            executor=self._executors[run.environment.executor or ""],
            secrets=self._secrets,
            bundles=self._bundles,
            clock=self._clock,
            hub=self.hub,
            executor_health=self._executor_health,
            settings=self.settings,
            on_leftover=self._reconciler.request_cleanup,
        )


def _health_answer(kind: ExecutorKind, health: ExecutorHealth) -> dict[str, Any]:
    """Returns an executor's state, and what a form needs to know about its kind."""
    about = {"label": kind.label, "summary": kind.summary, "options": kind.options}
    return {**about, **msgspec.to_builtins(health)}
