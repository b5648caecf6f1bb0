"""The headless owner: a small Jupyter server for this machine, with our routes only.

python -m jupyter_batch.headless --data DIR [--root DIR] [--on-demand] [-- --BatchExtension.x=y]
"""

from __future__ import annotations

import argparse
import gc
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

# jsonschema loads this where it is installed, for a format that we do not use; that takes seconds.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

from jupyter_core.application import JupyterApp  # noqa: E402
from traitlets.config import Config  # noqa: E402

from jupyter_batch.server.port import PortKeeper  # noqa: E402
from jupyter_batch.wire.owner import (  # noqa: E402
    ANOTHER_OWNS,
    OWNER_LOG,
    OwnerKind,
    default_data_dir,
    read_owner,
)


class HeadlessServer(PortKeeper):
    """A Jupyter server that does not announce itself: it is found by the owner's file."""

    name = "jupyter-batch-owner"
    #: No contents, kernels, terminals: only what is asked of every server.
    default_services = ("api",)  # type: ignore[assignment]
    no_browser_open_file = True

    def load_config_file(self, suppress_errors: bool = True) -> None:  # type: ignore[override]
        """Loads nothing: ``_configured`` has read our settings."""

    def write_server_info_file(self) -> None:
        """Writes nothing."""

    def remove_server_info_file(self) -> None:
        """Removes nothing."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs an owner until it is stopped, or, for an on-demand server, until it is idle.

    Returns 1 where it could not start, and ANOTHER_OWNS where another process has the store.
    """
    options, rest = _parser().parse_known_args(argv)
    data_dir = Path(options.data).expanduser().absolute()
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    kind: OwnerKind = "on_demand" if options.on_demand else "serve"
    if options.on_demand:
        _log_to(data_dir / OWNER_LOG)
    config = _configured()
    config.merge(_config(kind, data_dir, Path(options.root).expanduser().absolute()))
    server = HeadlessServer.instance(config=config)
    server.initialize(argv=[part for part in rest if part != "--"], find_extensions=False)
    # Modules and handlers stay as long as the process: each full collection of garbage would go
    # through them, and nothing else runs meanwhile.
    gc.freeze()
    server.start()
    apps = server.extension_manager.extension_apps["jupyter_batch"]
    if any(app.failed for app in apps):
        return 1
    if any(app.another_owns for app in apps):
        owner = read_owner(data_dir)
        if owner is not None:
            print(  # noqa: T201
                f"process {owner.pid} ({owner.kind}) owns {data_dir} and answers at {owner.url}",
                file=sys.stderr,
            )
        return ANOTHER_OWNS
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m jupyter_batch.headless", description=__doc__)
    parser.add_argument("--data", default=str(default_data_dir()), help="the data folder")
    parser.add_argument("--root", default="/", help="notebooks are named relative to this folder")
    parser.add_argument("--on-demand", action="store_true", help="end when there is nothing to do")
    return parser


def _configured() -> Config:
    """Returns our extension's settings in the configuration files of Jupyter servers.

    The administrator writes our settings once for all servers; a contents manager or an
    identity provider of those files is no matter of ours.
    """
    reader = JupyterApp(config_file_name="jupyter_server_config")
    reader.load_config_file()
    return Config({"BatchExtension": reader.config.BatchExtension})


def _config(kind: OwnerKind, data_dir: Path, root_dir: Path) -> Config:
    """Returns the fixed configuration of every headless owner."""
    config = Config()
    config.BatchExtension.data_dir = str(data_dir)
    config.BatchExtension.root_dir = str(root_dir)
    config.BatchExtension.owner_kind = kind
    server = config.ServerApp
    server.jpserver_extensions = {"jupyter_batch": True}
    server.ip = "127.0.0.1"
    server.port = 0
    server.base_url = "/"
    server.certfile = server.keyfile = server.sock = ""
    server.root_dir = str(root_dir)
    server.open_browser = False
    server.allow_root = True
    server.allow_remote_access = False
    server.answer_yes = True
    server.log_level = "INFO" if kind == "on_demand" else "WARN"
    # Not told to anybody: our handlers know the token in the owner's file.
    config.IdentityProvider.token = secrets.token_hex(32)
    return config


def _log_to(path: Path) -> None:
    """Sends what is written to stdout and stderr to a file, unless it goes there already."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        if not os.path.samestat(os.fstat(1), os.fstat(descriptor)):
            sys.stdout.flush()
            sys.stderr.flush()
            os.dup2(descriptor, 1)
            os.dup2(descriptor, 2)
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    sys.exit(main())
