"""Hosts other than JupyterLab need no scripts beside those of ipywidgets itself."""

from __future__ import annotations

from jupyter_batch.widgets import RunForm, RunTable
from tests.integration.widgets.conftest import all_parts

#: What every host of widgets brings with it.
BUNDLED = {"@jupyter-widgets/base", "@jupyter-widgets/controls", "@jupyter-widgets/output"}


def test_all_parts_are_ipywidgets_own(owner, client, live, notebook):
    widgets = [RunForm(notebook, client=client), RunTable(client=client)]
    assert live.settle()
    for widget in widgets:
        modules = {
            module
            for part in all_parts(widget)
            for module in (part._model_module, part._view_module)
        }
        assert modules <= BUNDLED
        assert "@jupyter-widgets/controls" in modules
        widget.close()
