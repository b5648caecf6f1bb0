from __future__ import annotations

import pytest

from jupyter_batch.domain.notebook import named_from


@pytest.mark.parametrize(
    ("root", "path", "stored_root", "name"),
    [
        ("/work", "a/nb.ipynb", "/work", "a/nb.ipynb"),
        ("/work", "a/nb.ipynb", "/", "/a/nb.ipynb"),
        ("/", "a/nb.ipynb", "/work", "work/a/nb.ipynb"),
        ("/work", "nb.ipynb", "/work/a", "a/nb.ipynb"),
        ("/work/", "nb.ipynb", "/work/a/", "a/nb.ipynb"),
        ("/work/a", "b/nb.ipynb", "/work", "/work/b/nb.ipynb"),
        ("/work", "nb.ipynb", "/workshop", "/workshop/nb.ipynb"),
        ("/work", "/work/a/nb.ipynb", "/work", "a/nb.ipynb"),
        ("/", "/work/nb.ipynb", "/", "work/nb.ipynb"),
        ("/work", "/other/nb.ipynb", "/work", "/other/nb.ipynb"),
        ("/work", "a label", "", "a label"),
        ("", "nb.ipynb", "/work", "nb.ipynb"),
    ],
)
def test_a_notebook_is_named_from_where_one_is(root, path, stored_root, name):
    assert named_from(root, path, stored_root=stored_root) == name
