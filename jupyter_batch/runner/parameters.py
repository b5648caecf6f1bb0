"""Keeps parameters data: papermill injects them by generating code."""

from __future__ import annotations

import ast
import keyword
import re
from typing import Any, Dict, List

from papermill import translators

from .failures import Failure

_NAMES = {"R": re.compile(r"[A-Za-z.][\w.]*\Z")}
_NAME = re.compile(r"[^\W\d]\w*\Z")
#: All characters that PowerShell reads as a single quote.
_POWERSHELL_QUOTES = re.compile("(['\u2018\u2019\u201a\u201b])")
_INFINITIES = {"inf": float("inf"), "-inf": float("-inf")}


class JuliaTranslator(translators.JuliaTranslator):  # type: ignore[misc]
    """Papermill's translator, but a ``$`` in a string interpolates nothing."""

    @classmethod
    def translate_escaped_str(cls, str_val: Any) -> str:
        """Returns a Julia string literal."""
        return str(super().translate_escaped_str(str_val)).replace("$", r"\$")


class PowershellTranslator(translators.PowershellTranslator):  # type: ignore[misc]
    """Papermill's translator, but ``$`` and backticks in a string are plain characters."""

    @classmethod
    def translate_escaped_str(cls, str_val: Any) -> str:
        """Returns a PowerShell string literal, a verbatim one where that makes a difference."""
        if re.fullmatch(r"[ !#%-\[\]^_a-~]*", str(str_val)):
            return str(super().translate_escaped_str(str_val))
        return "'" + _POWERSHELL_QUOTES.sub(r"\1\1", str(str_val)) + "'"


def use_safe_translators() -> None:
    """Replaces papermill's translators for languages with string interpolation."""
    translators.papermill_translators.register("julia", JuliaTranslator)
    translators.papermill_translators.register(".net-powershell", PowershellTranslator)


def has_translator(language: str) -> bool:
    """Returns whether papermill can write parameters in a language."""
    try:
        translators.papermill_translators.find_translator("", language)
    except translators.PapermillException:
        return False
    return True


def is_python(kernel_name: str, language: str) -> bool:
    """Returns whether papermill writes parameters for a kernel as Python."""
    translator = translators.papermill_translators.find_translator(kernel_name, language)
    return issubclass(translator, translators.PythonTranslator)


def check_names(parameters: Dict[str, Any], language: str) -> None:
    """Raises Failure for a name that is not valid in the generated code."""
    pattern = _NAMES.get(language, _NAME)
    for name in parameters:
        if not pattern.match(name) or (language == "python" and keyword.iskeyword(name)):
            raise Failure("bundle", f"{name!r} is no name of a parameter in {language}")


def check_python(source: str, parameters: Dict[str, Any]) -> None:
    """Raises Failure unless the code assigns exactly these values to exactly these names."""
    try:
        found = {_target(node): _literal(node.value) for node in _assignments(source)}
    except (ValueError, SyntaxError) as error:
        raise Failure("bundle", f"the parameters do not stay data as code: {error}") from error
    if set(found) != set(parameters):
        raise Failure("bundle", "the parameters do not stay data as code: other names are set")
    for name, value in parameters.items():
        if not _same(found[name], value):
            raise Failure("bundle", f"the parameter {name!r} does not stay the same as code")


def _assignments(source: str) -> List[ast.Assign]:
    nodes = ast.parse(source).body
    for node in nodes:
        if not isinstance(node, ast.Assign) or len(node.targets) != 1:
            raise ValueError("there is more than assignments")
    return [node for node in nodes if isinstance(node, ast.Assign)]


def _target(node: ast.Assign) -> str:
    target = node.targets[0]
    if not isinstance(target, ast.Name):
        raise ValueError("something other than a name is assigned to")
    return target.id


def _literal(node: ast.expr) -> Any:
    if isinstance(node, ast.Call) and ast.dump(node.func) == ast.dump(
        ast.Name(id="float", ctx=ast.Load())
    ):
        (argument,) = node.args
        text = ast.literal_eval(argument)
        return _INFINITIES[text] if text in _INFINITIES else float("nan")
    if isinstance(node, ast.List):
        return [_literal(item) for item in node.elts]
    if isinstance(node, ast.Dict):
        keys = [ast.literal_eval(key) if key is not None else None for key in node.keys]
        return dict(zip(keys, map(_literal, node.values)))  # noqa: B905
    return ast.literal_eval(node)


def _same(found: Any, value: Any) -> bool:
    if isinstance(value, list):
        return (
            isinstance(found, list) and len(found) == len(value) and all(map(_same, found, value))
        )
    if isinstance(value, dict):
        return (
            isinstance(found, dict)
            and list(found) == [str(key) for key in value]
            and all(map(_same, found.values(), value.values()))
        )
    if type(found) is not type(value):
        return False
    return bool(found == value) or (found != found and value != value)
