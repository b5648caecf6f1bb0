"""Forms and live views for notebooks, made of plain ipywidgets.

import jupyter_batch as jb
jb.widgets.RunForm("report.ipynb")
"""

from __future__ import annotations

from jupyter_batch.widgets.form import RunForm
from jupyter_batch.widgets.monitor import RunMonitor
from jupyter_batch.widgets.sweep import SweepMonitor
from jupyter_batch.widgets.table import RunTable

__all__ = ["RunForm", "RunMonitor", "RunTable", "SweepMonitor"]
