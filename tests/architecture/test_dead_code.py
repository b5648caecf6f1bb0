"""Nothing stands here that nobody uses; what only looks unused has its reason."""

from __future__ import annotations

import re
from pathlib import Path

from vulture import Vulture

ROOT = Path(__file__).parents[2]

#: Names of the package that no other line of it names, by the reason why they stay.
KEPT = {
    "Python, IPython or a library looks for a name like this one": {
        *("__call__", "__dir__", "__getattr__", "__signature__", "_ipython_key_completions_"),
        *("_jupyter_labextension_paths", "_repr_pretty_", "cycle", "readinto", "seekable"),
    },
    "jupyter_server and traitlets call or read it": {
        *("_bind_http_server_tcp", "_default_data_dir", "_default_root_dir", "_find_http_port"),
        *("_start_jupyter_server_extension", "allow_remote_access", "allow_root", "answer_yes"),
        *("auth_resource", "current_activity", "data_received", "default_services", "get_user"),
        *("initialize_handlers", "is_token_authenticated", "jpserver_extensions", "keyfile"),
        *("log_level", "no_browser_open_file", "open_browser", "remove_server_info_file"),
        *("stop_extension", "suppress_errors", "write_error", "write_server_info_file"),
    },
    "nbconvert and mistune call or read it": {
        *("_validate_preprocessor", "block_math", "inline_math", "latex_environment"),
        *("markdown2html", "nbc", "preprocessor", "raw_template", "template_name"),
    },
    "papermill and nbclient call or read it": {
        *("_async_poll_kernel_alive", "allow_stdin", "execute_managed_notebook"),
        "papermill_execute_cells",
    },
    "html.parser calls it": {"handle_data", "handle_endtag", "handle_startendtag"},
    "ipywidgets reads it": {"description_width", "icon", "selected", "tooltip"},
    "DuckDB's file systems (fsspec) have it": {"cachable", "modified", "protocol"},
    "a module of the standard library, or requests, reads what is set": {
        *("compress_type", "external_attr", "get_group_all", "row_factory", "trust_env"),
    },
    "people call or read it: the public API": {
        *("guard", "notebook_path", "to_csv"),
    },
    "people call track() as they call tqdm": {
        *("nolock", "set_description", "set_postfix", "tqdm_options"),
    },
    "an option of schedule(): read through the class's annotations": {
        *("catch_up_window", "queue_timeout", "retries", "run_timeout", "start_deadline"),
    },
    "a value of an enumeration that stands in the store or in a request": {
        *("API", "BOOL", "DATETIME", "DURATION", "NONE", "NUMBER", "PARQUET", "RETRY", "STARTED"),
        *("STATE", "TABLE", "TEXT"),
    },
    "a field of a response, encoded with its neighbours": {
        *("old_id", "outputs_omitted", "queue_position"),
    },
    "found by getattr, from the kind of a line": {"_take_done", "_take_failed"},
    "a case of functools.singledispatchmethod": {"_"},
}
#: What has these decorators is used by who reads them.
_USED_BY_DECORATOR = ["@pytest.*", "@case", "@rule", "@rule*", "@invariant*", "@initialize*"]
#: The same for helpers of the tests.
KEPT_IN_TESTS = {
    "called by pytest": {"pytestmark", "pytest_*", "test_*"},
    "http.server calls it": {"do_*"},
    "jupyter_server calls it": {"init_signal", "write_server_info_file"},
    "hypothesis calls it": {"teardown"},
    "ipykernel calls or reads it": {
        *("banner", "do_execute", "implementation_version", "language_info"),
    },
    "html.parser calls it": {"handle_data", "handle_endtag"},
    "found by getattr, from the kind of trouble": {"_container", "_restart"},
    "only for the type checker": {"on_a_loop"},
    "jupyter_scheduler reads it": {"staging_path", "start_time", "update_time"},
    "tarfile and doctest read it": {"globs", "linkname", "mtime"},
    "a value that a test encodes": {"A", "alpha"},
    "named in a setting of the server": {"Denying"},
}


def _unused(
    *places: str, used_by: str = "", without: str = "", kept: dict[str, set[str]]
) -> tuple[set[str], set[str]]:
    """Returns what is unused in these places without a reason, and reasons without a name."""
    vulture = Vulture(ignore_decorators=_USED_BY_DECORATOR)
    scanned = [str(ROOT / place) for place in (used_by, *places) if place]
    vulture.scavenge(scanned, exclude=[without] if without else None)
    allowed = {name for names in kept.values() for name in names}
    found: dict[str, str] = {}
    for item in vulture.get_unused_code(min_confidence=60):
        path = Path(item.filename).relative_to(ROOT)
        # Ruff finds imports, and knows those that only annotations name.
        if any(map(path.is_relative_to, places)) and item.typ != "import":
            found[item.name] = f"{path}:{item.first_lineno}: {item.typ} {item.name}"
    stars = {name for name in allowed if name.endswith("*")}
    unexplained = {
        text
        for name, text in found.items()
        if name not in allowed and not any(name.startswith(star[:-1]) for star in stars)
    }
    # A name that is used somewhere else too needs no reason today, and may need it tomorrow.
    code = "\n".join(
        path.read_text("utf-8") for one in places for path in (ROOT / one).rglob("*.py")
    )
    there = set(re.findall(r"\w+", code))
    return unexplained, allowed - stars - there


def test_the_package_has_no_dead_code():
    """Code that only the tests and their fakes use is dead too."""
    assert _unused("jupyter_batch", without="*/testing/*", kept=KEPT) == (set(), set())


def test_no_helper_and_no_fake_of_the_tests_is_dead():
    assert _unused(
        "tests", "jupyter_batch/testing", used_by="jupyter_batch", kept=KEPT_IN_TESTS
    ) == (set(), set())
