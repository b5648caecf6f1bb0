"""Waits for the end of a container, in a thread that can be cancelled."""

from __future__ import annotations

import asyncio
import threading

from jupyter_batch.errors import AttemptGone, BatchError, EngineUnavailable, ExecutorError
from jupyter_batch.executors.docker.connection import (
    DockerConnection,
    Gone,
    Refused,
    Stream,
    error_text,
)
from jupyter_batch.ports import AttemptEnding
from jupyter_batch.runner.failures import EXIT_NO_BUNDLE


class EndWaiter:
    """One wait for the end of one container."""

    def __init__(self, engine: DockerConnection, container_id: str) -> None:
        self._engine = engine
        self._container_id = container_id
        self._stream = Stream(engine)

    async def ending(self) -> AttemptEnding:
        """Returns how the container ended; raises AttemptGone, EngineUnavailable."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[AttemptEnding] = loop.create_future()

        def settle(ending: AttemptEnding | None, error: BatchError | None) -> None:
            if result.done():
                return
            if error is not None:
                result.set_exception(error)
            elif ending is not None:
                result.set_result(ending)

        def run() -> None:
            ending, error = self._outcome()
            try:
                loop.call_soon_threadsafe(settle, ending, error)
            except RuntimeError:
                return  # the loop is closed, so nothing waits for the result

        name = f"wait-{self._container_id[:12]}"
        threading.Thread(target=run, name=name, daemon=True).start()
        return await result

    def abort(self) -> None:
        """Ends the thread soon."""
        self._stream.abort()

    def _outcome(self) -> tuple[AttemptEnding | None, BatchError | None]:
        try:
            with self._engine.reaching():
                return self._wait(), None
        except Gone:
            return None, AttemptGone("the container is not there any more", id=self._container_id)
        except Refused as error:
            return None, ExecutorError(f"the container cannot be waited for: {error_text(error)}")
        except EngineUnavailable as error:
            return None, error
        finally:
            self._stream.close()

    def _wait(self) -> AttemptEnding | None:
        while not self._stream.is_aborted:
            # The answer itself is not needed: whenever it ends, the state is asked for.
            for _ in self._stream.open(
                "POST", f"/containers/{self._container_id}/wait", {"condition": "not-running"}
            ):
                pass
            state = self._engine.client().inspect_container(self._container_id)["State"]
            if not state["Running"]:
                return _ending(state)
        return None


def ended_without_bundle(state: dict[str, object]) -> bool:
    """Returns whether a container has ended because its bundle did not arrive."""
    return state["Status"] == "exited" and state.get("ExitCode") == EXIT_NO_BUNDLE


def _ending(state: dict[str, object]) -> AttemptEnding:
    if state["Status"] == "created":
        return AttemptEnding(error="the container was made, but never started", never_started=True)
    if ended_without_bundle(state):
        text = "the container was started, but not handed its bundle"
        return AttemptEnding(exit_code=EXIT_NO_BUNDLE, error=text, never_started=True)
    code = state.get("ExitCode")
    return AttemptEnding(
        exit_code=code if isinstance(code, int) else None,
        oom_killed=bool(state.get("OOMKilled")),
        error=str(state["Error"]) if state.get("Error") else None,
    )
