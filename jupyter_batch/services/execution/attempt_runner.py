"""Runs one attempt from its claim to its committed end."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from msgspec.structs import replace

from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.events import preparing_event
from jupyter_batch.domain.frame_gate import FrameGate, FrameLimits
from jupyter_batch.domain.frames import AnyFrame
from jupyter_batch.domain.recording import LogLine
from jupyter_batch.domain.run import Attempt, Run, RunState
from jupyter_batch.domain.run_transitions import back_to_queue, end_or_retry
from jupyter_batch.domain.settings import Settings
from jupyter_batch.domain.verdict import AttemptEvidence, Verdict, judge
from jupyter_batch.errors import AttemptGone, BatchError, EngineUnavailable, RecordRefused
from jupyter_batch.ports import (
    AttemptEnding,
    AttemptHandle,
    AttemptSpec,
    Clock,
    EventSink,
    Executor,
    Secrets,
    Store,
)
from jupyter_batch.services.async_utils import WaitInterrupted, unless_set
from jupyter_batch.services.execution.bundle_maker import BundleMaker
from jupyter_batch.services.execution.executor_health import ExecutorHealthTracker
from jupyter_batch.services.execution.launcher import ENGINE_PAUSE, Launcher
from jupyter_batch.services.execution.recorder import AttemptRecorder
from jupyter_batch.services.execution.spool_recovery import recover_spool
from jupyter_batch.services.execution.watchdog import Watchdog, time_left
from jupyter_batch.services.patience import Patience

log = logging.getLogger(__name__)
T = TypeVar("T")

#: Most starts of an attempt that turns out each time not to have begun.
_MOST_STARTS = 5
_CANCELLED_BY = "cancelled by "


class AttemptRunner:
    """Controls one attempt of a run on an executor."""

    def __init__(
        self,
        run: Run,
        *,
        store: Store,
        executor: Executor,
        secrets: Secrets,
        bundles: BundleMaker,
        clock: Clock,
        hub: EventSink,
        executor_health: ExecutorHealthTracker,
        settings: Settings,
        on_leftover: Callable[[], None] = lambda: None,
    ) -> None:
        assert run.attempt is not None
        self._run = run
        self.attempt_no = run.attempt.attempt_no
        self._store = store
        self._executor = executor
        self._secrets = secrets
        self._bundles = bundles
        self._clock = clock
        self._hub = hub
        self._executor_health = executor_health
        self._settings = settings
        #: Called when a container of the attempt may be left over.
        self._on_leftover = on_leftover
        self._handle: AttemptHandle | None = None
        self._is_adopted = False
        #: Whether the executor has been asked to start it: from then on it may exist.
        self._asked = run.attempt.container_id is not None
        #: Number of starts that failed.
        self._starts = 0
        self._engine_was_away = False
        self._patience = Patience(clock, settings.engine_patience_seconds)
        limit = time_left(run, clock.now())
        self._watchdog = Watchdog(
            executor, clock, settings, timeout_seconds=limit, set_reason=self._set_reason
        )
        self._recorder: AttemptRecorder | None = None

    def cancel(self, user: str) -> None:
        """Requests a stop of the attempt; returns at once."""
        self._watchdog.cancel(user)

    async def run(self) -> None:
        """Starts the attempt, records it, and commits its end.

        An attempt that an earlier owner has asked for is not started a second time.
        """
        try:
            self._handle = await self._begin()
        except WaitInterrupted:
            await self._end_unbegun(Verdict(state=RunState.CANCELLED, reason=self._by()))
        except AttemptGone as error:
            await self._end_unbegun(Verdict(state=RunState.LOST, reason=error.message))
        except EngineUnavailable as error:
            if self._asked:
                reason = f"the engine went away while it was to start the attempt: {error.message}"
                await self._end_unbegun(Verdict(state=RunState.LOST, reason=reason))
            else:
                await self._back_to_queue(error)
        except BatchError as error:
            await self._end_unbegun(Verdict(state=RunState.FAILED, reason=error.message))
        except Exception:
            # The run has ended. A container that may still exist must not continue.
            self._on_leftover()
            raise
        else:
            await self._record_to_end(self._handle)

    async def adopt(self, handle: AttemptHandle) -> None:
        """Takes over an attempt that an earlier owner has started."""
        self._handle, self._is_adopted = handle, True
        if self._run.state is RunState.CANCELLING:
            self.cancel((self._run.reason or "an earlier owner").removeprefix(_CANCELLED_BY))
        else:
            await self._set_reason(None)
        await self._record_to_end(handle)

    async def _begin(self) -> AttemptHandle:
        spec = await (self._patiently(self._prepare) if self._asked else self._prepare())
        launcher = Launcher(
            self._executor,
            self._clock,
            patience_seconds=self._settings.engine_patience_seconds,
        )
        # From here on a cancel lets the attempt start and then stops it: a request to an
        # executor cannot be withdrawn half way.
        self._asked = True
        handle = await launcher.start(
            spec,
            # Recorded before the request: an attempt that is not on record has never begun.
            before_start=lambda: self._record_container(spec.name, spec.environment),
            is_cancelled=self._watchdog.cancelled.is_set,
        )
        if handle is None:
            raise WaitInterrupted
        await self._record_container(handle.container_id, spec.environment)
        return handle

    async def _record_container(self, container_id: str, environment: Environment) -> None:
        def change(run: Run) -> Run:
            run = run.change_attempt(
                self.attempt_no, lambda a: replace(a, container_id=container_id)
            )
            return replace(run, environment=environment)

        await self._store.runs.update(self._run.id, change, at=self._clock.now())

    async def _prepare(self) -> AttemptSpec:
        run = self._run
        environment = await unless_set(
            self._watchdog.cancelled,
            self._executor.prepare(run.environment, self._publish_progress),
        )
        bundle = await self._bundles.make(
            run, self.attempt_no, timeout_seconds=self._watchdog.timeout_seconds
        )
        if self._watchdog.cancelled.is_set():
            raise WaitInterrupted
        return AttemptSpec(
            store_id=self._store.id,
            run_id=run.id,
            attempt_no=self.attempt_no,
            environment=environment,
            bundle=bundle,
        )

    async def _record_to_end(self, handle: AttemptHandle) -> None:
        watermark = await self._store.records.watermark(self._run.id, self.attempt_no)
        recorder = self._recorder = AttemptRecorder(
            self._store.records,
            self._hub,
            self._run.id,
            self.attempt_no,
            watermark,
            gate=self._gate(),
            clock=self._clock,
        )
        watching = asyncio.create_task(self._watchdog.watch(handle))
        ending, engine_error, refused = None, None, None
        try:
            ending = await self._patiently(lambda: self._watch(handle))
            engine_error = ending.error
        except (AttemptGone, EngineUnavailable) as error:
            engine_error = error.message
        except RecordRefused as error:
            refused = error.message
            log.warning("Run %s is ended: %s", self._run.id, refused)
            await self._stop(handle, grace_seconds=0)
        except Exception:
            # An attempt that cannot be recorded must not continue.
            await self._discard(handle, grace_seconds=0)
            raise
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        if ending is not None and ending.never_started and self._may_start_again():
            self._handle = None
            return await self.run()
        if refused is None:
            await recover_spool(
                self._run, handle, recorder, executor=self._executor, secrets=self._secrets
            )
        # The end of a run is recorded even if the owner is being shut down right now.
        verdict = judge(self._evidence(ending, engine_error, refused))
        await asyncio.shield(self._end(verdict, ending, recorder))
        await self._discard(handle)
        return None

    def _may_start_again(self) -> bool:
        self._starts += 1
        return self._starts < _MOST_STARTS and not self._watchdog.is_over

    def _gate(self) -> FrameGate:
        since = self._run.attempts[-1].started_at or self._clock.now()
        limits = FrameLimits.of(self._settings)
        return FrameGate(limits, since=since, trusts_claims=self._is_adopted)

    async def _stop(self, handle: AttemptHandle, *, grace_seconds: float) -> None:
        try:
            await self._executor.stop(handle, grace_seconds=grace_seconds)
        except BatchError as error:
            log.warning("Cannot stop %s yet: %s", handle.container_id, error.message)

    async def _discard(self, handle: AttemptHandle, *, grace_seconds: float | None = None) -> None:
        """Removes the attempt's container. With a grace, stops it first."""
        if grace_seconds is not None:
            await self._stop(handle, grace_seconds=grace_seconds)
        try:
            await self._executor.remove(handle)
        except BatchError as error:
            log.warning("Cannot remove %s yet: %s", handle.container_id, error.message)
            self._on_leftover()

    async def _watch(self, handle: AttemptHandle) -> AttemptEnding:
        """Records all frames and log lines until the attempt is over."""
        recorder = self._recorder
        assert recorder is not None
        batches = self._executor.follow(handle)
        try:
            while (items := await self._listen(batches)) is not None:
                await recorder.take(items)
        finally:
            await batches.aclose()  # type: ignore[attr-defined]
        finished = recorder.finished
        if finished is not None and finished.verdict == "succeeded":
            # The verdict is known: do not wait for the executor to report the end.
            return AttemptEnding(exit_code=0)
        return await self._executor.wait(handle)

    async def _listen(
        self, batches: AsyncIterator[Sequence[AnyFrame | LogLine]]
    ) -> Sequence[AnyFrame | LogLine] | None:
        with self._watchdog.silence.listening():
            items = await anext(batches, None)
        self._watchdog.silence.reset()
        self._patience.reset()
        return items

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        """Retries the work while the executor is unavailable, as long as the settings allow."""
        while True:
            try:
                return await work()
            except EngineUnavailable:
                self._engine_was_away = True
                self._watchdog.silence.reset()
                if self._patience.over():
                    raise
                log.warning("The engine does not answer; looking again for run %s", self._run.id)
                await self._clock.sleep(ENGINE_PAUSE)

    async def _set_reason(self, reason: str | None) -> None:
        """Stores the reason of a run that continues; None for no reason."""

        def change(run: Run) -> Run:
            return run if run.state is RunState.CANCELLING else replace(run, reason=reason)

        try:
            await self._store.runs.update(self._run.id, change, at=self._clock.now())
        except BatchError as error:
            log.warning("Run %s: %s (not recorded: %s)", self._run.id, reason, error.message)

    def _evidence(
        self, ending: AttemptEnding | None, engine_error: str | None, refused: str | None
    ) -> AttemptEvidence:
        recorder = self._recorder
        assert recorder is not None
        return AttemptEvidence(
            finished=recorder.finished,
            found=ending is not None,
            exit_code=ending.exit_code if ending else None,
            oom_killed=ending.oom_killed if ending else False,
            engine_error=engine_error,
            refused=refused,
            ready=recorder.ready,
            cell=recorder.cell,
            cells_total=recorder.cells_total,
            cancelled_by=self._watchdog.cancelled_by,
            out_of_time=self._watchdog.out_of_time,
            silent_seconds=self._watchdog.silent_seconds,
            engine_was_away=self._engine_was_away,
            missing_frames=recorder.missing,
            timeout_seconds=self._watchdog.timeout_seconds,
            memory_bytes=self._run.environment.memory_bytes,
            image=self._run.environment.image,
            log_tail=recorder.log_tail,
        )

    async def _end(
        self, verdict: Verdict, ending: AttemptEnding | None, recorder: AttemptRecorder
    ) -> None:
        now = self._clock.now()

        def end_attempt(attempt: Attempt) -> Attempt:
            return replace(
                attempt,
                state=verdict.state,
                reason=verdict.reason,
                exit_code=ending.exit_code if ending else None,
                finished_at=now,
                **recorder.usage,
            )

        def change(run: Run) -> Run:
            run = run.change_attempt(self.attempt_no, end_attempt)
            run = replace(
                run, error=verdict.error, cells=recorder.counts, artifacts=recorder.artifacts
            )
            return end_or_retry(
                run, verdict.state, at=now, random_fraction=random_fraction, reason=verdict.reason
            )

        random_fraction = random.random()
        await recorder.finish(change)

    async def _end_unbegun(self, verdict: Verdict) -> None:
        now = self._clock.now()
        if self._handle is None:
            await self._forget_half_started()

        def change(run: Run) -> Run:
            run = run.change_attempt(
                self.attempt_no,
                lambda a: replace(a, state=verdict.state, reason=verdict.reason, finished_at=now),
            )
            return end_or_retry(
                run, verdict.state, at=now, random_fraction=random_fraction, reason=verdict.reason
            )

        random_fraction = random.random()
        await self._store.runs.update(self._run.id, change, at=now)

    async def _forget_half_started(self) -> None:
        """Removes a container that was being created when the run was given up."""
        try:
            for handle in await self._executor.list(self._store.id):
                if (handle.run_id, handle.attempt_no) == (self._run.id, self.attempt_no):
                    await self._discard(handle, grace_seconds=0)
        except BatchError as error:
            log.warning("Cannot look for leftovers of %s: %s", self._run.id, error.message)
            self._on_leftover()

    async def _back_to_queue(self, error: EngineUnavailable) -> None:
        """Returns the run to the queue until the executor answers; the attempt is not counted."""
        now = self._clock.now()
        self._executor_health.mark_unavailable(self._executor.name, error.message)

        def change(run: Run) -> Run:
            if run.state is RunState.CANCELLING:
                return run.move_to(RunState.CANCELLED, at=now, reason=self._by())
            return back_to_queue(run, self.attempt_no, at=now, why=error.message)

        await self._store.runs.update(self._run.id, change, at=now)

    def _by(self) -> str:
        return f"cancelled by {self._watchdog.cancelled_by} before the first cell"

    def _publish_progress(self, message: str, share: float | None) -> None:
        event = preparing_event(
            self._run.id, self.attempt_no, at=self._clock.now(), message=message, share=share
        )
        self._hub.publish([event])
