"""Papermill's engine for the runner: streams what happens and saves nothing in between."""

from __future__ import annotations

import asyncio
from typing import Any, Callable, Dict, List, Optional, Tuple

import papermill
from nbclient.exceptions import CellControlSignal, CellExecutionError, DeadKernelError
from nbclient.util import ensure_async, run_sync
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillException, PapermillExecutionError
from papermill.execute import execute_notebook
from papermill.log import logger as papermill_log

from .known import KnownParameters
from .messages import mend
from .parameters import (
    check_names,
    check_python,
    has_translator,
    is_python,
    use_safe_translators,
)

__all__ = [
    "CellCutShort",
    "DeadKernelError",
    "NotebookWatch",
    "PapermillException",
    "PapermillExecutionError",
    "execute",
    "papermill_version",
]

_ENGINE = "jupyter_batch"
_INJECTED = "injected-parameters"
#: papermill allows 4 s, too little where an engine's log is slow to take a large output.
_IOPUB_SECONDS = 120
_ALIVE_SECONDS = 0.2

papermill_version = str(papermill.__version__)


class CellCutShort(Exception):
    """The kernel calls a cell done that did not get to its end."""

    def __init__(self, ename: str, evalue: str) -> None:
        super().__init__(evalue)
        self.ename = ename
        self.evalue = evalue


class NotebookWatch:
    """The callbacks of the engine; the attempt implements them."""

    kernel: Any
    #: The notebook that is being executed.
    nb: Any = None

    def prepared(self, nb: Any) -> None:
        """Hears of the notebook as papermill prepared it; returns when the kernel answers."""
        raise NotImplementedError

    def is_stopped(self) -> bool:
        """Returns whether no further cell is to be executed."""
        raise NotImplementedError

    def cell_started(self, index: int, cell: Any) -> None:
        """Hears that a cell comes next."""
        raise NotImplementedError

    def cell_entered(self) -> None:
        """Hears that the kernel executes it."""
        raise NotImplementedError

    def replied(self, index: int, cell: Any, reply: Dict[str, Any]) -> None:
        """Hears how the kernel answers the request to execute a cell."""
        raise NotImplementedError

    def cut_short(self) -> Optional[Tuple[str, str]]:
        """Returns what ended the cell at hand (name and sentence) where the kernel calls it done."""
        raise NotImplementedError

    def cell_finished(self, index: int, cell: Any, error: Optional[BaseException]) -> None:
        """Hears that a cell is done, by what exception if any."""
        raise NotImplementedError

    def appended(self, index: int, output: Dict[str, Any]) -> None:
        """Hears of a new output."""
        raise NotImplementedError

    def replaced(self, index: int, no: int, output: Dict[str, Any]) -> None:
        """Hears that an output has other content."""
        raise NotImplementedError

    def cleared(self, index: int) -> None:
        """Hears that the outputs of a cell are gone."""
        raise NotImplementedError


def execute(
    watch: NotebookWatch,
    path: str,
    parameters: Dict[str, Any],
    kernel_name: str,
    language: Optional[str],
) -> None:
    """Executes a notebook by papermill's rules; raises what papermill raises, and Failure."""
    papermill_engines.register(_ENGINE, PapermillEngine)
    papermill_log.addFilter(KnownParameters(path))
    use_safe_translators()
    if language is not None and not has_translator(language):
        # Then the notebook may say it in a word that papermill knows.
        language = None
    execute_notebook(
        path,
        None,
        parameters=parameters,
        engine_name=_ENGINE,
        kernel_name=kernel_name,
        language=language,
        progress_bar=False,
        request_save_on_cell_execute=False,
        autosave_cell_every=0,
        watch=watch,
        given=parameters,
        given_language=language,
    )


class PapermillEngine(NBClientEngine):  # type: ignore[misc]
    """Runs the cells on a kernel that has been started already."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **kwargs: Any) -> None:
        """Executes the notebook of ``nb_man``; keyword ``watch`` hears of everything."""
        watch: NotebookWatch = kwargs["watch"]
        watch.nb = nb_man.nb
        _check_injected(nb_man.nb, kwargs["given"], kernel_name, kwargs["given_language"])
        watch.prepared(nb_man.nb)
        if watch.is_stopped():
            return
        client = PapermillClient(nb_man, watch, kernel_name=kernel_name)
        client.execute()


class PapermillClient(PapermillNotebookClient):  # type: ignore[misc]
    """Nbclient's bookkeeping of outputs, with each change told as it is made.

    An output that has been told is kept as an empty shell: nothing but display updates comes
    back to it, and a long notebook's outputs need not all stay in memory.
    """

    def __init__(self, nb_man: Any, watch: NotebookWatch, kernel_name: str) -> None:
        super().__init__(
            nb_man,
            km=watch.kernel.manager,
            kernel_name=kernel_name,
            iopub_timeout=_IOPUB_SECONDS,
            shell_timeout_interval=1,
        )
        self.kc = watch.kernel.client
        self.watch = watch

    def papermill_execute_cells(self) -> None:
        """Executes cell by cell, as papermill does, until the attempt is to end."""
        for index, cell in enumerate(self.nb.cells):
            if self.watch.is_stopped():
                return
            error: Optional[BaseException] = None
            try:
                self.nb_man.cell_start(cell, index)
                self.watch.cell_started(index, cell)
                self.execute_cell(cell, index)
                reason = self.watch.cut_short()
                if reason is not None:
                    raise CellCutShort(*reason)
            except (CellExecutionError, CellCutShort) as failed:
                error = failed
                self.nb_man.cell_exception(cell, cell_index=index, exception=failed)
                break
            except BaseException as failed:
                error = failed
                raise
            finally:
                self.nb_man.cell_complete(cell, cell_index=index)
                self.watch.cell_finished(index, cell, error)

    def process_message(self, msg: Dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Takes a message of the kernel, as nbclient does."""
        if msg["msg_type"] == "execute_input":
            self.watch.cell_entered()
        try:
            mend(msg)
            return super().process_message(msg, *args, **kwargs)
        except (CellControlSignal, OSError):
            raise
        except Exception as error:
            # As JupyterLab does: no message of a notebook's may end the run.
            text = f"{type(error).__name__}: {error}".partition("\n")[0][:500]
            print(f"[jupyter_batch: a message {msg['msg_type']!r} is passed over: {text}]")
            return None

    async def _check_raise_for_error(self, cell: Any, *args: Any) -> None:
        """Keeps the kernel's answer; older nbclients hand over no index."""
        reply = args[-1]
        if reply is not None:
            self.watch.replied(
                self.nb.cells.index(cell) if len(args) < 2 else args[0], cell, reply["content"]
            )
        await super()._check_raise_for_error(cell, *args)

    def output(
        self, outs: List[Any], msg: Dict[str, Any], display_id: Optional[str], cell_index: int
    ) -> Any:
        """Adds an output; one that an Output widget captures changes nothing here."""
        before = len(outs)
        clear_waits = self.clear_before_next_output
        added = super().output(outs, msg, display_id, cell_index)
        if clear_waits and not self.clear_before_next_output:
            if before:
                self.watch.cleared(cell_index)
            before = 0
        if len(outs) > before:
            self.watch.appended(cell_index, outs[-1])
            outs[-1] = _shell(outs[-1])
        return added

    def clear_output(self, outs: List[Any], msg: Dict[str, Any], cell_index: int) -> None:
        """Removes the outputs of a cell, now or before its next one."""
        before = len(outs)
        super().clear_output(outs, msg, cell_index)
        if before and not outs:
            self.watch.cleared(cell_index)

    def _update_display_id(self, display_id: str, msg: Dict[str, Any]) -> None:
        super()._update_display_id(display_id, msg)
        for cell_index, numbers in self._display_id_map.get(display_id, {}).items():
            outputs = self.nb["cells"][cell_index]["outputs"]
            for no in numbers:
                self.watch.replaced(cell_index, no, outputs[no])
                outputs[no] = _shell(outputs[no])

    async def _async_poll_kernel_alive(self) -> None:
        """Notes a kernel's death in fractions of nbclient's second."""
        while await ensure_async(self.km.is_alive()):
            await asyncio.sleep(_ALIVE_SECONDS)
            self._look_again()
        # What the kernel sent before it died may still be on its way.
        await asyncio.sleep(_ALIVE_SECONDS)
        self.task_poll_for_reply.cancel()

    def _look_again(self) -> None:
        """Makes the sockets check for messages whose arrival went unnoticed.

        A widget's reply is sent past asyncio, which may eat the one signal that a message has
        come; nbclient would wait for it for ever.
        """
        for channel in (self.kc.shell_channel, self.kc.iopub_channel):
            look = getattr(channel.socket, "_handle_events", None)
            if look is not None:
                look()


_STREAMS: Dict[str, Any] = {}


def _shell(output: Any) -> Any:
    """Returns what later steps need of an output: all of an error, nothing large of others."""
    if output["output_type"] == "error":
        return output
    if output["output_type"] == "stream":
        # One for all: a notebook may print a million times.
        return _STREAMS.setdefault(output["name"], type(output)({**output, "text": ""}))
    small = type(output)(output)
    if "text" in small:
        small["text"] = ""
    if "data" in small:
        small["data"] = type(output)()
        small["metadata"] = type(output)()
    return small


def _check_injected(
    nb: Any, parameters: Dict[str, Any], kernel_name: str, language: Optional[str]
) -> None:
    if not parameters:
        return
    language = str(language or papermill_engines.nb_language(_ENGINE, nb))
    check_names(parameters, language)
    if is_python(kernel_name, language):
        source = next(c.source for c in nb.cells if _INJECTED in c.metadata.get("tags", []))
        check_python(source, parameters)


def connect(connecting: Callable[..., Any], *args: Any) -> None:
    """Runs a coroutine in the event loop that nbclient will use."""
    run_sync(connecting)(*args)
