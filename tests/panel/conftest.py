"""The panel's own tools, or what to install."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import IN_CI
from tests.panel import tools

Npm = Callable[..., str]


@pytest.fixture(scope="session")
def npm() -> Npm:
    """A function that runs npm in the panel's folder and returns what it says."""
    if not tools.has_npm():
        if IN_CI:
            pytest.fail(f"{tools.NO_NPM}; CI=true allows no skip", pytrace=False)
        pytest.skip(tools.NO_NPM)
    tools.install_packages()
    return tools.npm
