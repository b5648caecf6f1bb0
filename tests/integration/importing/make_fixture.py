"""Makes ``jupyter-scheduler-2.12.zip``: a database and files as that package leaves them.

Run once, in an environment with ``pip install "jupyter-scheduler>=2.12,<2.13" ipykernel``::

    python tests/integration/importing/make_fixture.py

It is made by that package's own tables and its own executor, and committed, so that the tests
need neither.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import nbformat
from jupyter_scheduler.executors import DefaultExecutionManager
from jupyter_scheduler.models import DescribeJob, DescribeJobDefinition
from jupyter_scheduler.orm import Job, JobDefinition, create_session, create_tables
from jupyter_scheduler.scheduler import Scheduler

TARGET = Path(__file__).with_name("jupyter-scheduler-2.12")
HERE = Path(tempfile.mkdtemp())
STAGING = HERE / "scheduler_staging_area"
DB = f"sqlite:///{HERE}/scheduler.sqlite"
#: 2026-01-15T12:00:00Z, in milliseconds.
AT = 1_768_478_400_000
HOUR = 3_600_000


class Paths:
    """The part of a scheduler that ``Scheduler.get_staging_paths`` needs."""

    staging_path = str(STAGING)


def notebook(*sources: str, parameters: str | None = None) -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_code_cell(s, id=f"c{n}") for n, s in enumerate(sources)]
    if parameters is not None:
        tagged = {"tags": ["parameters"]}
        cells.insert(0, nbformat.v4.new_code_cell(parameters, metadata=tagged, id="p"))
    cells.insert(0, nbformat.v4.new_markdown_cell("# A report", id="m"))
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book: nbformat.NotebookNode = nbformat.v4.new_notebook(
        cells=cells, metadata={"kernelspec": spec}
    )
    return book


GREETING = notebook("print(f'hello {name}, {2 * count}')", parameters="name = 'you'\ncount = 1")
PLAIN = notebook("print(threshold)")
FAILING = notebook("print('before')", "1 / 0", "print('never')")


def common(name: str, file: str, **fields):
    values = {
        "runtime_environment_name": "python-env",
        "input_filename": file,
        "output_formats": ["ipynb"],
        "name": name,
        "create_time": AT,
        "update_time": AT,
        "package_input_folder": False,
        "packaged_files": [],
    }
    return values | fields


def put(record, content: nbformat.NotebookNode) -> dict[str, str]:
    shape = DescribeJob if isinstance(record, Job) else DescribeJobDefinition
    paths: dict[str, str] = Scheduler.get_staging_paths(Paths(), shape.from_orm(record))
    path = Path(paths["input"])
    path.parent.mkdir(parents=True)
    nbformat.write(content, path)
    return paths


class Maker:
    """Puts definitions and jobs into the database, and their files beside."""

    def __init__(self) -> None:
        create_tables(DB)
        self.session = create_session(DB)()

    def define(self, number: int, content: nbformat.NotebookNode, **fields) -> str:
        key = f"d000000{number}-0000-4000-8000-000000000000"
        record = JobDefinition(job_definition_id=key, **common(**fields))
        self.session.add(record)
        self.session.commit()
        put(record, content)
        return key

    def job(self, number: int, content: nbformat.NotebookNode, *, run: bool = False, **fields):
        key = f"a000000{number}-0000-4000-8000-000000000000"
        created = AT + number * HOUR
        fields = {"create_time": created, "update_time": created, **fields}
        record = Job(job_id=key, **common(**fields))
        self.session.add(record)
        self.session.commit()
        paths = put(record, content)
        if not run:
            return
        DefaultExecutionManager(key, str(HERE), DB, paths).process()
        self.session.expire_all()
        # As it would have been at the time.
        record.start_time = created + 1000
        if record.end_time is not None:
            record.end_time = created + 5000
        record.update_time = created + 5000
        self.session.commit()


def make_definitions(maker: Maker) -> str:
    greeting = maker.define(
        1,
        GREETING,
        name="greeting",
        file="greeting.ipynb",
        parameters={"name": "'Ada'", "count": "3"},
        schedule="0 6 * * MON-FRI",
        timezone="Europe/Amsterdam",
        active=True,
        tags=["daily", "team"],
    )
    maker.define(
        2,
        PLAIN,
        name="plain / untagged",
        file="plain.ipynb",
        parameters={"threshold": "0.5"},
        schedule="30 2 * * *",
        timezone="America/New_York",
        active=False,
    )
    never = {"schedule": "0 0 30 2 *", "timezone": "UTC"}
    maker.define(3, GREETING, name="never", file="never.ipynb", **never)
    maker.define(
        4,
        GREETING,
        name="code",
        file="code.ipynb",
        parameters={"name": "os.environ['HOME']", "extra": "1"},
        schedule="@daily",
        timezone="UTC",
    )
    gone = maker.define(5, GREETING, name="gone", file="gone.ipynb", schedule="0 * * * *")
    shutil.rmtree(STAGING / gone)
    return greeting


def main() -> None:
    maker = Maker()
    greeting = make_definitions(maker)
    maker.job(
        1,
        GREETING,
        run=True,
        name="greeting",
        file="greeting.ipynb",
        job_definition_id=greeting,
        parameters={"name": "'Ada'", "count": "3"},
    )
    maker.job(2, FAILING, run=True, name="failing", file="failing.ipynb")
    maker.job(3, GREETING, name="stopped", file="greeting.ipynb", status="STOPPED")
    maker.job(4, GREETING, name="hangs", file="greeting.ipynb", status="IN_PROGRESS")
    maker.job(5, GREETING, name="no files", file="greeting.ipynb", status="COMPLETED")
    shutil.rmtree(STAGING / "a0000005-0000-4000-8000-000000000000")
    maker.session.close()
    shutil.make_archive(str(TARGET), "zip", HERE)
    shutil.rmtree(HERE)


if __name__ == "__main__":
    main()
