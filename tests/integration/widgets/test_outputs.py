from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_batch.widgets.outputs import fit
from jupyter_batch.widgets.safe_html import safe_html

HOSTILE = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//x></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<img src='javascript:alert(1)'>",
    "<img src='https://elsewhere.example/pixel.png'>",
    "<svg><script>alert(1)</script></svg>",
    "<svg/onload=alert(1)>",
    "<math><mtext></mtext><a xlink:href='javascript:alert(1)'>x</a></math>",
    "<a href='java\nscript:alert(1)'>x</a>",
    "<a href=' data:text/html,<script>alert(1)</script>'>x</a>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<form action=//x><input type=submit></form>",
    "<div style='background:url(//x)'>x</div>",
    "<style>@import '//x'</style>",
    "<link rel=stylesheet href=//x>",
    "<meta http-equiv=refresh content='0;//x'>",
    "<base href=//x>",
    "<object data=//x></object><embed src=//x>",
    "<b onmouseover=alert(1) class=a>x</b>",
    "<scr<script>ipt>alert(1)</script>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><script>alert(1)</script>'>",
    "<textarea><img src=x onerror=alert(1)></textarea>",
    "<xmp><script>alert(1)</script></xmp>",
    "<plaintext><script>alert(1)",
    "<b><script>alert(1)",
    "<table><script>alert(1)</script><tr><td>x",
]
_TAGS = frozenset(
    [
        "script",
        "style",
        "iframe",
        "object",
        "embed",
        "svg",
        "math",
        "form",
        "input",
        "link",
        "meta",
        "base",
        "template",
    ]
)
_HARMLESS = ("https://", "http://", "mailto:", "data:image/")


class Inspector(HTMLParser):
    """Finds what could run, load or lead elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.bad: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag in _TAGS:
            self.bad.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name in ("style", "srcdoc", "srcset", "action"):
                self.bad.append(name)
            if name == "src" and not str(value).startswith("data:image/"):
                self.bad.append(f"src={value}")
            if name == "href" and not str(value).startswith(_HARMLESS):
                self.bad.append(f"href={value}")


def bad_in(html: str) -> list[str]:
    inspector = Inspector()
    inspector.feed(html)
    inspector.close()
    return inspector.bad


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_html_loses_its_sting(text):
    clean, _ = safe_html(text)
    assert bad_in(clean) == []
    assert "<script" not in clean.lower()


@given(
    st.lists(st.sampled_from([*HOSTILE, "<b>", "</b>", "<!--", "-->", "'", '"', ">", "<", "&lt;"]))
)
def test_no_mixture_of_hostile_pieces_gets_through(pieces):
    clean, _ = safe_html("".join(pieces))
    assert bad_in(clean) == []
    # What has been written once says the same when it is read again.
    assert safe_html(clean)[0] == clean


def test_a_table_of_pandas_comes_through():
    text = (
        "<div><style scoped>.dataframe td {vertical-align: top}</style>"
        '<table border="1" class="dataframe"><thead><tr style="text-align: right;"><th></th>'
        "<th>a &amp; b</th></tr></thead><tbody><tr><th>0</th><td>1 &lt; 2</td></tr></tbody></table>"
        "</div>"
    )
    clean, lost = safe_html(text)
    assert not lost
    assert '<table border="1" class="dataframe">' in clean
    assert "a &amp; b" in clean
    assert "<td>1 &lt; 2</td>" in clean
    assert "vertical-align" not in clean


def test_streams_are_joined_and_errors_keep_their_colours():
    outputs = fit(
        [
            {"output_type": "stream", "name": "stdout", "text": "a\n"},
            {"output_type": "stream", "name": "stdout", "text": ["b\n"]},
            {"output_type": "stream", "name": "stderr", "text": "c\n"},
            {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["\x1b[31mE"]},
        ]
    )
    assert [output["text"] for output in outputs] == ["a\nb\n", "c\n", "\x1b[31mE\n"]


@pytest.mark.parametrize(
    "data",
    [
        {"application/javascript": "alert(1)", "text/plain": "js"},
        {"text/html": "<div id=x></div><script>plot()</script>", "text/plain": "<Plot>"},
        {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}},
    ],
)
def test_what_needs_scripts_is_named_and_not_shown(data):
    (output,) = fit([{"output_type": "display_data", "data": data, "metadata": {}}])
    kinds = set(output["data"])
    assert kinds <= {"text/plain"}
    assert "alert" not in str(output)


def test_pictures_come_with_their_sizes_and_markdown_as_text():
    png = {
        "output_type": "execute_result",
        "execution_count": 1,
        "data": {"image/png": "aGk=", "text/plain": "<Figure>"},
        "metadata": {"image/png": {"width": 3, "height": "<b>"}},
    }
    markdown = {"output_type": "display_data", "data": {"text/markdown": "<img onerror=x>"}}
    shown = fit([png, markdown])
    assert shown[0]["data"]["image/png"] == "aGk="
    assert shown[0]["metadata"] == {"image/png": {"width": 3}}
    assert shown[1]["data"] == {"text/plain": "<img onerror=x>"}


def test_long_text_is_cut_in_the_middle():
    (output,) = fit([{"output_type": "stream", "name": "stdout", "text": "x" * 1_000_000 + "end"}])
    assert len(output["text"]) < 101_000
    assert output["text"].endswith("end")
    assert "characters are left out" in output["text"]
