"""Checks the form of requests before anything is read or stored for them."""

from __future__ import annotations

import math
import re
from typing import Any

from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.findings import Findings
from jupyter_batch.domain.macros import check_macros
from jupyter_batch.domain.request_limits import Name, longest, outside_limits
from jupyter_batch.domain.requests import JobRequest, RunRequest
from jupyter_batch.domain.retry import check_retry
from jupyter_batch.domain.settings import Settings
from jupyter_batch.errors import InvalidInput, InvalidParameters, TooLarge

_NAME_LENGTH = longest(Name)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check_run(request: RunRequest, settings: Settings) -> None:
    """Raises InvalidInput for an invalid run request."""
    findings = Findings()
    if request.name is not None:
        with findings.gather():
            check_name(request.name)
    with findings.gather():
        _check_common(request)
    findings.raise_first()
    size = len(request.content or b"") + sum(len(file.content) for file in request.uploads)
    if size > settings.max_bundle_bytes:
        raise TooLarge(
            f"notebook and files are {size} bytes; the limit is {settings.max_bundle_bytes}",
            field="content",
        )
    if request.uploads and request.content is None:
        raise InvalidInput("uploads come only together with content", field="uploads")


def check_job(request: JobRequest) -> None:
    """Raises InvalidInput for an invalid job request."""
    findings = Findings()
    with findings.gather():
        check_name(request.name)
    with findings.gather():
        _check_common(request)
    with findings.gather():
        check_macros(request.parameters)
    with findings.gather():
        check_retry(request.retry)
    findings.raise_first()


def check_name(name: str) -> None:
    """Raises InvalidInput unless the text is a valid name."""
    if not name.strip():
        raise InvalidInput("a name is at least one character", field="name")
    if len(name) > _NAME_LENGTH:
        raise InvalidInput(f"a name is at most {_NAME_LENGTH} characters", field="name")
    if _CONTROL.search(name):
        raise InvalidInput("a name is one line of text", field="name")


def _check_common(request: RunRequest | JobRequest) -> None:
    findings = Findings()
    for field, sentence in outside_limits(request):
        findings.add(InvalidInput(sentence, field=field))
    if not all(pattern.strip() for pattern in request.files):
        findings.add(InvalidInput("a pattern of files is empty", field="files"))
    with findings.gather():
        _check_values(request.parameters, "parameters")
    with findings.gather():
        _check_environment(request.environment)
    findings.raise_first()


def _check_environment(environment: Environment) -> None:
    for name, value in environment.env.items():
        if not _VARIABLE.fullmatch(name):
            raise InvalidInput(
                f"{name!r} cannot be the name of a variable: letters, digits and underscores",
                field=f"environment.env.{name}",
            )
        if "\0" in value:
            raise InvalidInput("a variable cannot hold NUL", field=f"environment.env.{name}")
    for name in environment.secrets:
        if not _VARIABLE.fullmatch(name):
            raise InvalidInput(
                f"{name!r} cannot be the name of a secret: letters, digits and underscores",
                field="environment.secrets",
            )
        if name in environment.env:
            raise InvalidInput(
                f"{name!r} is both a variable and a secret", field="environment.secrets"
            )


def _check_values(value: Any, path: str) -> None:
    """Refuses numbers that JSON cannot represent, because browsers cannot read them."""
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidParameters(f"{value} is no number that JSON can hold", field=path)
    if isinstance(value, dict):
        for name, item in value.items():
            _check_values(item, f"{path}.{name}")
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            _check_values(item, f"{path}.{number}")
