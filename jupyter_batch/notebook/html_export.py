"""Renders a notebook as one HTML page that loads nothing and runs nothing."""

from __future__ import annotations

import functools
import re
from pathlib import PurePosixPath
from typing import IO, Any

from jupyter_batch.errors import BatchError, InvalidNotebook
from jupyter_batch.notebook.formulas import formula, typeset
from jupyter_batch.notebook.formulas_in_html import typeset_html

#: A notebook's outputs are shown as they are, and may hold anything. So the page itself forbids,
#: whatever stands in it: scripts, frames, forms, and everything from elsewhere.
POLICY = (
    "default-src 'none'; img-src data:; media-src data:; font-src data:; "
    "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)
_TEMPLATE = (
    "{%- extends 'lab/index.html.j2' -%}"
    "{%- block html_head -%}"
    f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    '<meta name="referrer" content="no-referrer">'
    "{{ super() }}{%- endblock -%}"
    # What loads require.js, MathJax, Mermaid and the widget manager from a CDN.
    "{%- block html_head_js -%}{%- endblock -%}"
    "{%- block html_head_js_mathjax -%}{%- endblock -%}"
    "{%- block html_head_js_mermaidjs -%}{%- endblock -%}"
    "{%- block jupyter_widgets -%}{%- endblock -%}"
    "{%- block data_latex scoped -%}"
    '<div class="jp-RenderedLatex jp-OutputArea-output {{ extra_class }}" '
    'data-mime-type="text/latex">'
    "{{ output.data['text/latex'] | typeset }}</div>{%- endblock -%}"
    "{%- block data_html scoped -%}"
    '<div class="jp-RenderedHTMLCommon jp-RenderedHTML jp-OutputArea-output {{ extra_class }}" '
    'data-mime-type="text/html">'
    "{{ output.data['text/html'] | typeset_html }}</div>{%- endblock -%}"
)
#: Without scripts: the next best thing that shows.
_PRIORITY = [
    "text/html",
    "text/markdown",
    "image/svg+xml",
    "image/png",
    "image/jpeg",
    "text/latex",
    "text/plain",
]


#: The policy does not keep a ``meta`` of an output from leading elsewhere, and readers of the
#: page's source should not have to trust the policy for the rest.
_ACTIVE = re.compile(r"<(script|meta|base|link)\b", re.I)
_SCRIPT_END = re.compile(r"</script\s{0,100}>", re.I)
_BODY = "<main"


def render_stream(source: IO[bytes], target: IO[bytes]) -> None:
    """Does the same as ``render``, in another process."""
    target.write(render(source.read()))


def render(notebook: bytes) -> bytes:
    """Returns the page; raises InvalidNotebook for what nbformat cannot read. Blocks."""
    node = _node(notebook)
    resources = {"metadata": {"name": _title(node)}}
    try:
        make: Any = _exporter_class()
        page, _resources = make(config=_config()).from_notebook_node(node, resources)
    except Exception as error:
        # nbconvert lets what its templates and parsers raise come through as it is.
        raise BatchError(f"the notebook cannot be shown as a page: {error}") from error
    head, start, body = str(page).partition(_BODY)
    return (head + start + _without_active(body)).encode("utf-8", "replace")


def _node(notebook: bytes) -> Any:
    from nbformat.v4 import nbjson

    try:
        # Not nbformat.reads: it validates, which is slow and would change nothing here.
        read: Any = nbjson.reads
        node = read(notebook.decode("utf-8", "replace"))
        for number, cell in enumerate(node.cells):
            cell["id"] = f"cell-{number}"  # papermill runs notebooks without them, or with twins
        node["nbformat_minor"] = 5
        return node
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise InvalidNotebook(f"the notebook cannot be read: {error}", field="notebook") from error


def _without_active(body: str) -> str:
    """Returns HTML without its scripts and what else leads elsewhere; looks at each part once."""
    kept: list[str] = []
    place = 0
    ends = True
    for tag in _ACTIVE.finditer(body):
        if tag.start() < place:
            continue
        close = body.find(">", tag.end())
        if close < 0:
            # Never a tag: the page's own end has none that could close it.
            kept.append(body[place : tag.start()])
            return "".join(kept)
        kept.append(body[place : tag.start()])
        place = close + 1
        if ends and tag[1].lower() == "script":
            end = _SCRIPT_END.search(body, place)
            ends = end is not None
            place = place if end is None else end.end()
    kept.append(body[place:])
    return "".join(kept)


def _title(node: Any) -> str:
    told = node.metadata.get("papermill") or {}
    return PurePosixPath(str(told.get("input_path") or "")).stem or "Notebook"


@functools.cache
def _config() -> Any:
    from traitlets.config import Config

    return Config({"NbConvertBase": {"display_data_priority": _PRIORITY}})


@functools.cache
def _exporter_class() -> Any:
    # Here, because importing nbconvert takes most of a second.
    from jinja2 import pass_context
    from nbconvert.exporters import HTMLExporter
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    class MathRenderer(IPythonRenderer):
        """Draws formulas itself, where nbconvert leaves them to a script."""

        def block_math(self, body: str) -> str:
            """Draws ``$$x$$``."""
            return formula(body, block=True)

        def inline_math(self, body: str) -> str:
            """Draws ``$x$``."""
            return formula(body, block=False)

        def latex_environment(self, name: str, body: str) -> str:
            """Draws a ``begin`` ... ``end`` environment."""
            return formula(f"\\begin{{{name}}}{body}\\end{{{name}}}", block=True)

    class PageExporter(HTMLExporter):
        """Writes our template, and does not validate what papermill has run anyway."""

        raw_template = _TEMPLATE
        template_name = "lab"

        @pass_context
        def markdown2html(self, context: Any, source: str) -> str:
            """Does what nbconvert does, with formulas drawn."""
            attachments = context.get("cell", {}).get("attachments", {})
            renderer = MathRenderer(
                escape=False,
                attachments=attachments,
                anchor_link_text=self.anchor_link_text,
                exclude_anchor_links=self.exclude_anchor_links,
                **self.lexer_options,
            )
            return str(MarkdownWithMath(renderer=renderer).render(source))

        def default_filters(self) -> Any:
            """Adds what our template uses."""
            untyped: Any = super()
            yield from untyped.default_filters()
            yield "typeset", typeset
            yield "typeset_html", typeset_html

        def _validate_preprocessor(self, nbc: Any, preprocessor: Any) -> None:
            """Does nothing: validation after each step is slow and refuses unusual notebooks."""

    return PageExporter
