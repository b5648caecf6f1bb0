"""The program that runs SQL of users under system limits.

Run by sql_process.py as ``python -m jupyter_batch.store.query.sql_program FOLDER``; ends when its stdin
does, so also when the owner has died, however that was.
"""

from __future__ import annotations

import os
import queue
import resource
import sys
import threading
from pathlib import Path
from typing import BinaryIO

import psutil

from jupyter_batch.store.query.sql_execution import Execution
from jupyter_batch.store.query.sql_messages import PREFIX, Question, Reply, decode, encode

#: Most bytes by which the process may grow.
GROWTH_BYTES = 1536 * 1024 * 1024
#: Extra seconds of processor time beyond a query's timeout.
_SPARE_SECONDS = 5


def main() -> None:
    """Answers questions one by one."""
    folder = Path(sys.argv[1])
    answers = os.fdopen(os.dup(1), "wb")
    # Only answers may go to stdout.
    os.dup2(2, 1)
    _limit()
    questions: queue.SimpleQueue[Question] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(sys.stdin.buffer, questions), daemon=True).start()
    while True:
        question = questions.get()
        _limit_cpu(question.timeout_seconds)
        reply = Execution(question, folder).run()
        _write(answers, reply)


def _read(source: BinaryIO, questions: queue.SimpleQueue[Question]) -> None:
    while len(prefix := source.read(PREFIX)) == PREFIX:
        questions.put(decode(source.read(int.from_bytes(prefix, "big")), Question))
    # The owner is gone, so nobody waits for an answer.
    os._exit(0)


def _write(answers: BinaryIO, reply: Reply) -> None:
    answers.write(encode(reply))
    answers.flush()


def _limit() -> None:
    os.umask(0o077)
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit = psutil.Process().memory_info().vms + GROWTH_BYTES
    try:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    except (ValueError, OSError):
        # macOS has no such limit; the owner watches.
        pass
    try:
        # When memory runs out, the kernel should end this process first.
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    except OSError:
        pass


def _limit_cpu(seconds: float) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime + seconds + _SPARE_SECONDS)
    _, hardest = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, hardest))


if __name__ == "__main__":
    main()
