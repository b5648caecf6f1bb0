"""Makes untrusted text safe to show: removes escape sequences and control characters.

Names, reasons, errors, outputs, logs: every interface that shows one to people, and every log,
passes it through here. Each interface escapes for its own format (HTML, a shell) afterwards.
"""

from __future__ import annotations

import re

#: Colours, movements of the cursor, titles, links and the like, from their first character to
#: their last. No part takes in another's first character, so that reading is linear.
_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x80-\x9f\n]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
#: Characters that change the direction of text, or end a line invisibly.
_UNSEEN = re.compile("[\u2028-\u202e\u2066-\u2069]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def plain_text(text: str) -> str:
    """Returns a text of lines without escape sequences and control characters.

    Direction marks are replaced by their names, as in ``<U+202E>``, lone surrogates by ``�``.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _CONTROLS.sub("", _SEQUENCES.sub("", text))
    text = _UNSEEN.sub(lambda found: f"<U+{ord(found[0]):04X}>", text)
    return _SURROGATES.sub("\ufffd", text)


def plain_line(text: str) -> str:
    """Returns ``plain_text`` in one line: line ends are shown as ``⏎``, tabs as a space."""
    return plain_text(text.replace("\r\n", "\n")).replace("\n", "⏎").replace("\t", " ")
