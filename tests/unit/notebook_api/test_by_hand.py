"""The notebook API in a program that is no run, and in one that looks like a run."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import jupyter_batch as jb
from jupyter_batch.errors import InvalidInput, ItemsFailed
from jupyter_batch.notebook_api import context
from jupyter_batch.notebook_api.keys import Keys, key_text
from jupyter_batch.notebook_api.tracking import Track


def test_outside_of_a_run_there_is_no_current_one():
    assert jb.current() is None


def test_by_hand_record_displays_and_keeps_nothing(capsys: pytest.CaptureFixture[str]):
    jb.record(loss=0.5, note="x")
    assert capsys.readouterr().out == "loss = 0.5\nnote = 'x'\n"


@pytest.mark.parametrize("name", ["", "   ", "x" * 201])
def test_a_name_is_a_text_of_some_length(name: str):
    with pytest.raises(InvalidInput, match="no name of a result"):
        jb.record({name: 1})


def test_by_hand_track_counts_and_yields_all():
    tracker = jb.track([1, 2, 3], name="x", resume=True)
    assert len(tracker) == 3
    assert list(tracker) == [1, 2, 3]
    assert (tracker.processed, tracker.failed, tracker.n) == (3, 0, 3)


def test_the_item_of_a_break_does_not_count_as_done():
    tracker = jb.track(range(10))
    for number in tracker:
        if number == 4:
            break
    assert tracker.processed == 4


def test_without_continue_an_exception_ends_the_loop():
    tracker = jb.track([1, 0], name="x")

    def loop() -> None:
        for number in tracker:
            with tracker.guard():
                1 / number

    with pytest.raises(ZeroDivisionError):
        loop()
    assert (tracker.processed, tracker.failed) == (1, 1)


def test_with_continue_failures_are_kept_and_check_raises():
    tracker = jb.track([1, 0, 2], name="x", on_error="continue")
    for number in tracker:
        with tracker.guard():
            1 / number
    assert (tracker.processed, tracker.failed) == (2, 1)
    with pytest.raises(ItemsFailed, match="1 of 3 items of 'x'"):
        tracker.check()


def test_a_generator_that_raised_is_not_taken_to_be_at_its_end():
    def broken() -> Any:
        yield 1
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        list(jb.track(broken(), on_error="continue"))


def test_an_iterator_that_only_raises_ends():
    class Broken:
        def __iter__(self) -> Broken:
            return self

        def __next__(self) -> int:
            raise ValueError("always")

    with pytest.raises(ValueError, match="always"):
        list(jb.track(Broken(), on_error="continue"))


def test_it_can_be_called_as_tqdm_is():
    bar: Track[None] = jb.track(total=10, desc="download:", unit="B", ncols=80, leave=False)
    with bar:
        bar.update(4)
        bar.set_postfix(loss=0.123456)
        bar.set_description("more")
        bar.update()
    assert (bar.n, bar.total, bar.name) == (5, 10, "download")
    assert list(jb.track("ab", "letters", 2, mininterval=1, disable=True)) == ["a", "b"]
    assert repr(bar) == "<Track 'download' 5/10>"


@pytest.mark.parametrize(
    "options", [{"on_error": "ignore"}, {"key": 3, "name": "x"}], ids=["on_error", "key"]
)
def test_wrong_options_are_refused(options: dict[str, Any]):
    with pytest.raises(InvalidInput):
        jb.track([1], **options)


def test_keys_are_equal_where_items_are():
    assert key_text("é") == '"\\u00e9"'
    assert key_text((1, "a", None)) == '[1,"a",null]'
    assert key_text("x" * 1000).startswith('"sha256:')
    keys = Keys(None)
    assert [keys.text(item) for item in ["a", "a", {"b": 1}, 7]] == [
        '"a"',
        '["a",1]',
        '["#",2]',
        "7",
    ]
    assert Keys("id").text({"id": 5}) == "5"
    assert Keys(lambda path: path.name).text(Path("a/b")) == '"b"'
    with pytest.raises(InvalidInput, match="a key is"):
        Keys("id").text({"id": {}})


@pytest.fixture
def as_in_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "spool").touch()
    (tmp_path / "context.json").write_text(json.dumps({"run_id": "r1", "attempt_no": 2}))
    (tmp_path / "done.json").write_text(json.dumps({"mine": ['"a"']}))
    monkeypatch.setenv(context.SPOOL_VARIABLE, str(tmp_path / "spool"))
    monkeypatch.setenv(context.CONTEXT_VARIABLE, str(tmp_path / "context.json"))
    return tmp_path / "spool"


def test_a_key_is_in_the_file_before_the_next_item_begins(as_in_a_run: Path):
    seen = []
    for item in jb.track(["a", "b", "c"], name="mine", resume=True):
        lines = [json.loads(line) for line in as_in_a_run.read_text().splitlines()]
        seen.append((item, [line[2] for line in lines if line[0] == "d"]))
    assert seen == [("b", []), ("c", ["b"])]


def test_variables_of_a_run_that_is_over_mean_by_hand(
    as_in_a_run: Path, capsys: pytest.CaptureFixture[str]
):
    for path in as_in_a_run.parent.iterdir():
        path.unlink()
    assert jb.current() is None
    jb.record(x=1)
    assert list(jb.track([1], name="gone", resume=True)) == [1]


def test_tracking_an_item_costs_microseconds(as_in_a_run: Path):
    count = 40_000
    begun = time.process_time()
    for _ in jb.track(range(count), name="many", resume=True):
        pass
    # The benchmark has the figure; this only notices when it is out of all proportion.
    assert (time.process_time() - begun) / count < 200e-6
    assert as_in_a_run.read_bytes().count(b'["d"') == count


def test_what_notebooks_import_needs_nothing_but_the_standard_library():
    code = (
        "import sys; before = set(sys.modules)\n"
        "import jupyter_batch as jb; jb.current, jb.record, jb.track\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(new - set(sys.stdlib_module_names)))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert told.strip() == "['jupyter_batch']"
