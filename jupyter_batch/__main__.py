"""``python -m jupyter_batch`` is ``jupyter batch``."""

from __future__ import annotations

import sys

from jupyter_batch.cli import main

sys.exit(main())
