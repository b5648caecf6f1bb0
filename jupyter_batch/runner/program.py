"""The runner's main program: from the bundle to the exit code."""

from __future__ import annotations

import codecs
import importlib.util
import os
import platform
import shutil
import sys
import tempfile
import threading
import traceback
from typing import Any, Dict, List, NoReturn, Optional, Tuple

from .artifacts import send_artifacts
from .budget import Budget
from .bundle import BundleError, BundleNotReceived, RunnerBundle, read_bundle
from .compression import COMPRESS_SETTING
from .failures import EXIT_BUNDLE, EXIT_FAILED, EXIT_FAULT, EXIT_MISSING, EXIT_NO_BUNDLE, Failure
from .frame_writer import FrameWriter
from .kernel import Kernel, KernelNotFound
from .kernel_choice import choose_kernel, notebook_kernel
from .kernel_prewarm import start_prewarmed
from .masking import Masker
from .notebook_run import NotebookRun
from .output_stream import OutputStream
from .shielding import shield
from .spool import FOLDER_VARIABLE, SPOOL_NAME, SpoolReader, prepare
from .stray_files import StrayFiles, stray_files_message
from .streams import RunnerStreams
from .termination import Interrupted, Terminator
from .usage import Usage, oom_kills

#: The recursion limit. Reading deeply nested messages of a kernel takes a part of it.
_RECURSION = 6000
_GIB = 1024**3
#: Characters of the last frame's message, and of each of its notes, of which there are so many.
_MESSAGE, _NOTE, _NOTES = 32 * 1024, 2 * 1024, 50


def run(arguments: List[str]) -> NoReturn:
    """Runs the bundle that the one optional argument names (see bundle.py) and exits."""
    code = EXIT_FAULT
    try:
        code = Program().run(arguments[0] if arguments else None)
    except BaseException:
        traceback.print_exc()
    finally:
        # The interpreter's normal shutdown would take tens of milliseconds more.
        os._exit(code)


class Program:
    """Sets everything up, runs the attempt and cleans up."""

    def __init__(self) -> None:
        shield()
        self._channels = RunnerStreams()
        self._frames = FrameWriter(self._channels.frames_fd)
        self._terminator = Terminator()
        self._usage = Usage()
        self._budget = Budget(_GIB)
        self._masker = Masker({})
        self._folder = ""
        self._spool: Optional[SpoolReader] = None
        self._stray_files = StrayFiles(self._folder)
        #: Sentences for the record, whatever the verdict.
        self._notes: List[str] = []

    def run(self, source: Optional[str]) -> int:
        """Runs the attempt, writes the ``finished`` frame where possible, returns the exit code."""
        self._folder = tempfile.mkdtemp(prefix="jb-")
        try:
            bundle = self._read(source)
            fields, code = self._attempt(bundle)
            self._notes += fields.pop("notes", [])
            self._send_files(bundle)
        except BundleNotReceived:
            shutil.rmtree(self._folder, ignore_errors=True)
            return EXIT_NO_BUNDLE
        except Interrupted:
            fields, code = _verdict("cancelled", "sigterm", "stopped before the bundle was read")
        except BundleError as error:
            fields, code = _verdict("failed", "bundle", str(error))
            code = EXIT_BUNDLE
        self._terminator.raises = False
        shutil.rmtree(self._folder, ignore_errors=True)
        self._channels.close_log()
        self._usage.sample()
        self._frames.write(
            "finished",
            **{**fields, "message": self._masker.text(fields.get("message", ""))[:_MESSAGE]},
            notes=[self._masker.text(note)[:_NOTE] for note in self._notes[:_NOTES]],
            cut_bytes=self._budget.cut,
            memory_bytes=self._usage.memory_bytes,
            peak_memory_bytes=self._usage.peak_memory_bytes,
            cpu_seconds=self._usage.cpu_seconds,
        )
        self._frames.close()
        return code

    def _send_files(self, bundle: RunnerBundle) -> None:
        """Sends the artifacts, and adds notes about those that are left out."""
        folder = os.path.join(self._folder, "output")
        if not os.path.isdir(folder):
            return
        written = self._stray_files.written()
        keeps = bool(bundle.get("keep_files"))
        if written and not keeps:
            self._notes.append(stray_files_message([name for _, name in written]))
        self._notes += send_artifacts(
            folder,
            self._frames,
            bundle.get("max_artifact_bytes", _GIB),
            self._masker,
            written if keeps else (),
        )

    def _read(self, source: Optional[str]) -> RunnerBundle:
        bundle = read_bundle(source, os.getcwd())
        self._frames.key = bundle.frame_key
        self._frames.compresses = bool(bundle.get(COMPRESS_SETTING))
        self._terminator.raises = False
        self._terminator.grace_seconds = float(bundle.get("grace_seconds", 10.0))
        self._masker = self._channels.masker = Masker(bundle.secrets)
        self._budget = self._channels.budget = Budget(int(bundle.get("max_output_bytes", _GIB)))
        self._channels.close_stdin()
        self._stray_files = StrayFiles(os.getcwd())
        return bundle

    def _attempt(self, bundle: RunnerBundle) -> Tuple[Dict[str, Any], int]:
        kills_before = oom_kills()
        kernel: Optional[Kernel] = None
        failure: Optional[Failure] = None
        try:
            kernel = self._start_kernel(bundle)
        except Failure as error:
            failure = error
        self._frames.write(
            "ready",
            python=platform.python_version(),
            papermill=_papermill(),
            max_output_bytes=self._budget.limit,
            max_artifact_bytes=bundle.get("max_artifact_bytes", _GIB),
        )
        if kernel is None:
            assert failure is not None
            fields, _ = _verdict("failed", failure.cause, failure.message)
            return fields, failure.exit_code
        self._beat(float(bundle.get("heartbeat_seconds", 5.0)))
        try:
            return self._execute(bundle, kernel, kills_before)
        finally:
            kernel.kill()
            if self._spool is not None:
                self._spool.close()

    def _start_kernel(self, bundle: RunnerBundle) -> Kernel:
        """Starts the kernel first, so that it boots while papermill is imported."""
        try:
            name, language = notebook_kernel(bundle.notebook)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Failure("bundle", f"the file is no notebook: {error}") from error
        wanted = bundle.get("kernel")
        env = self._environment(bundle)
        early = start_prewarmed(wanted or name or "python3", env)
        try:
            try:
                kernel = Kernel(wanted or name or "", self._folder)
            except KernelNotFound as error:
                if wanted:
                    raise
                kernel = Kernel(self._chosen(name, language, error.known), self._folder)
            kernel.start(env, early)
        finally:
            if early is not None:
                early.discard()
        self._terminator.kernel = kernel
        self._frames.while_slow(kernel.take_messages)
        return kernel

    def _chosen(self, name: Optional[str], language: str, known: Dict[str, str]) -> str:
        """Returns the kernel for a notebook whose own is missing, and adds a note about it."""
        chosen, sentence = choose_kernel(name, language, known)
        if chosen is None:
            raise Failure("no_kernel", sentence, EXIT_MISSING)
        self._notes.append(sentence)
        return chosen

    def _environment(self, bundle: RunnerBundle) -> Dict[str, str]:
        output = os.path.join(self._folder, "output")
        os.mkdir(output)
        variables = {
            "JUPYTER_BATCH_OUTPUT": output,
            "JUPYTER_BATCH_RUN_ID": bundle.get("run_id"),
            "JUPYTER_BATCH_ATTEMPT": bundle.get("attempt_no"),
            "JUPYTER_BATCH_JOB": bundle.get("job_name"),
            "JUPYTER_BATCH_SCHEDULED_FOR": bundle.get("scheduled_for"),
        }
        return {
            # As the papermill command does.
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
            **os.environ,
            **{name: str(value) for name, value in bundle.get("env", {}).items()},
            **bundle.secrets,
            **{name: str(value) for name, value in variables.items() if value is not None},
            **self._kernel_variables(bundle),
        }

    def _kernel_variables(self, bundle: RunnerBundle) -> Dict[str, str]:
        """Returns the environment variables that the kernel gets from the runner."""
        facts = {
            name: bundle.get(name)
            for name in ("run_id", "attempt_no", "job_name", "scheduled_for", "notebook_path")
        }
        context = prepare(
            self._folder, {**facts, "parameters": bundle.parameters}, bundle.get("done_items")
        )
        spool = os.path.join(os.environ.get(FOLDER_VARIABLE) or self._folder, SPOOL_NAME)
        self._spool = SpoolReader(spool, self._frames, self._masker, self._budget)
        variables = {"JUPYTER_BATCH_CONTEXT": context, "JUPYTER_BATCH_SPOOL": spool}
        shim = shim_path()
        if shim is not None:
            paths = [shim, bundle.get("env", {}).get("PYTHONPATH", os.environ.get("PYTHONPATH"))]
            variables["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        return variables

    def _execute(
        self, bundle: RunnerBundle, kernel: Kernel, kills_before: Optional[int]
    ) -> Tuple[Dict[str, Any], int]:
        try:
            from .fast_imports import import_papermill_engine

            engine = import_papermill_engine()
        except ImportError as error:
            text = f"papermill is not installed in this environment ({error})"
            fields, _ = _verdict("failed", "no_kernel", text)
            return fields, EXIT_MISSING
        from .outcome import Facts, decide

        outputs = OutputStream(self._frames, self._masker, self._budget)
        assert self._spool is not None
        self._spool.start()
        attempt = NotebookRun(
            bundle,
            kernel,
            self._frames,
            outputs,
            self._masker,
            self._terminator,
            self._usage,
            self._spool,
        )
        path = os.path.join(self._folder, "notebook.ipynb")
        with open(path, "wb") as file:
            # papermill does not accept the byte order mark that some editors write.
            file.write(_without_mark(bundle.notebook))
        bundle.notebook = b""
        raised: Optional[BaseException] = None
        try:
            engine.execute(attempt, path, bundle.parameters, kernel.name, kernel.language)
        except Exception as error:
            raised = error
        facts = Facts(attempt, self._terminator, bundle.settings)
        attempt.error_cell = getattr(raised, "cell_index", None) if not facts.stopped_by else None
        self._usage.sample()
        kernel.ask_to_end()
        outputs.end()
        attempt.send_metadata()
        facts.was_cut_off = not kernel.shut_down(self._terminator.end_of_grace())
        facts.out_of_memory = (oom_kills() or 0) > (kills_before or 0)
        if facts.out_of_memory:
            # The peak was too short for a sample to see it.
            self._usage.reached(bundle.get("memory_limit_bytes", 0))
        return decide(facts, raised)

    def _beat(self, seconds: float) -> None:
        never = threading.Event()

        kills = oom_kills() or 0

        def beat() -> None:
            nonlocal kills
            while not never.wait(seconds):
                if (oom_kills() or 0) > kills:
                    kills = oom_kills() or 0
                    print("[jupyter_batch: the system has killed a process for lack of memory]")
                self._usage.sample()
                self._frames.write(
                    "heartbeat",
                    memory_bytes=self._usage.memory_bytes,
                    peak_memory_bytes=self._usage.peak_memory_bytes,
                    cpu_seconds=self._usage.cpu_seconds,
                )

        threading.Thread(target=beat, name="jb-heartbeat", daemon=True).start()


def shim_path() -> Optional[str]:
    """Returns the path of the shim package; None where jupyter_batch is installed.

    It lies in our own zip application (see pack.py). The kernel may have another Python than
    we have: then it checks by itself whether the whole package is there.
    """
    archive = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    if not os.path.isfile(archive) or importlib.util.find_spec("jupyter_batch") is not None:
        return None
    return os.path.join(archive, "shim")


def _verdict(verdict: str, cause: str, message: str) -> Tuple[Dict[str, Any], int]:
    return {"verdict": verdict, "cause": cause, "message": message}, EXIT_FAILED


def _without_mark(text: bytes) -> bytes:
    mark = codecs.BOM_UTF8
    return text[len(mark) :] if text.startswith(mark) else text


def _papermill() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("papermill")
    except PackageNotFoundError:
        return ""


def main() -> NoReturn:
    """Runs with the arguments of the command line."""
    # Messages of the kernel that are deeper than what is kept of them have to be read, too.
    sys.setrecursionlimit(max(sys.getrecursionlimit(), _RECURSION))
    run(sys.argv[1:])
