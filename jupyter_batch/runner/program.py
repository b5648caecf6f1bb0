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
from .beside import Beside, left_behind
from .budget import Budget
from .bundle import BundleError, RunnerBundle, Unfed, read_bundle
from .failures import EXIT_BUNDLE, EXIT_FAILED, EXIT_FAULT, EXIT_MISSING, EXIT_UNFED, Failure
from .frame_writer import FrameWriter
from .kernel import Kernel, KernelNotFound
from .kernel_choice import choose_kernel, notebook_kernel
from .kernel_prewarm import start_prewarmed
from .masking import Masker
from .notebook_run import NotebookRun
from .output_stream import OutputStream
from .shielding import shield
from .spool import FOLDER_VARIABLE, SPOOL_NAME, SpoolReader, prepare
from .streams import RunnerStreams
from .termination import Interrupted, Terminator
from .usage import Usage, oom_kills

#: Levels of calls; what a kernel can send by its own limit takes a part of them.
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
        # The interpreter's own end would take tens of milliseconds to no purpose.
        os._exit(code)


class Program:
    """Sets everything up, runs the attempt and clears everything away."""

    def __init__(self) -> None:
        shield()
        self._channels = RunnerStreams()
        self._frames = FrameWriter(self._channels.frames_fd)
        self._stopper = Terminator()
        self._usage = Usage()
        self._budget = Budget(_GIB)
        self._masker = Masker({})
        self._folder = ""
        self._spool: Optional[SpoolReader] = None
        self._beside = Beside(self._folder)
        #: Sentences for the record, whatever the verdict.
        self._notes: List[str] = []

    def run(self, source: Optional[str]) -> int:
        """Returns the exit code, after the ``finished`` frame where there is anything to tell."""
        self._folder = tempfile.mkdtemp(prefix="jb-")
        try:
            bundle = self._read(source)
            fields, code = self._attempt(bundle)
            self._notes += fields.pop("notes", [])
            self._send_files(bundle)
        except Unfed:
            shutil.rmtree(self._folder, ignore_errors=True)
            return EXIT_UNFED
        except Interrupted:
            fields, code = _verdict("cancelled", "sigterm", "stopped before the bundle was read")
        except BundleError as error:
            fields, code = _verdict("failed", "bundle", str(error))
            code = EXIT_BUNDLE
        self._stopper.raises = False
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
        """Sends the artifacts, and notes what is left out."""
        folder = os.path.join(self._folder, "output")
        if not os.path.isdir(folder):
            return
        written = self._beside.written()
        keeps = bool(bundle.get("keep_files"))
        if written and not keeps:
            self._notes.append(left_behind([name for _, name in written]))
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
        self._stopper.raises = False
        self._stopper.grace_seconds = float(bundle.get("grace_seconds", 10.0))
        self._masker = self._channels.masker = Masker(bundle.secrets)
        self._budget = self._channels.budget = Budget(int(bundle.get("max_output_bytes", _GIB)))
        self._channels.close_stdin()
        self._beside = Beside(os.getcwd())
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
        """Starts the kernel before anything else: it boots while papermill is imported."""
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
        self._stopper.kernel = kernel
        self._frames.while_slow(kernel.take_messages)
        return kernel

    def _chosen(self, name: Optional[str], language: str, known: Dict[str, str]) -> str:
        """Returns the kernel for a notebook whose own is not there, and notes which it is."""
        chosen, words = choose_kernel(name, language, known)
        if chosen is None:
            raise Failure("no_kernel", words, EXIT_MISSING)
        self._notes.append(words)
        return chosen

    def _environment(self, bundle: RunnerBundle) -> Dict[str, str]:
        output = os.path.join(self._folder, "output")
        os.mkdir(output)
        told = {
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
            **{name: str(value) for name, value in told.items() if value is not None},
            **self._way_in(bundle),
        }

    def _way_in(self, bundle: RunnerBundle) -> Dict[str, str]:
        """Returns the variables by which the notebook finds us and ``jupyter_batch``."""
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
        standin = standin_path()
        if standin is not None:
            paths = [standin, bundle.get("env", {}).get("PYTHONPATH", os.environ.get("PYTHONPATH"))]
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
            self._stopper,
            self._usage,
            self._spool,
        )
        path = os.path.join(self._folder, "notebook.ipynb")
        with open(path, "wb") as file:
            # papermill does not know the mark that some editors put first.
            file.write(_without_mark(bundle.notebook))
        bundle.notebook = b""
        raised: Optional[BaseException] = None
        try:
            engine.execute(attempt, path, bundle.parameters, kernel.name, kernel.language)
        except Exception as error:
            raised = error
        facts = Facts(attempt, self._stopper, bundle.settings)
        attempt.error_cell = getattr(raised, "cell_index", None) if not facts.stopped_by else None
        self._usage.sample()
        kernel.ask_to_end()
        outputs.end()
        attempt.send_metadata()
        facts.was_cut_off = not kernel.shut_down(self._stopper.end_of_grace())
        facts.out_of_memory = (oom_kills() or 0) > (kills_before or 0)
        if facts.out_of_memory:
            # It was too quick to be seen by a sample.
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


def standin_path() -> Optional[str]:
    """Returns where a kernel finds what it needs of jupyter_batch; None where that is installed.

    It lies in our own zip application (see pack.py). The kernel may have another Python than
    we have: then it looks by itself whether the whole package is there.
    """
    archive = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    if not os.path.isfile(archive) or importlib.util.find_spec("jupyter_batch") is not None:
        return None
    return os.path.join(archive, "standin")


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
