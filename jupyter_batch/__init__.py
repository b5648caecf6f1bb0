"""Run parameterized notebooks in containers of their own, and keep a record of every cell."""

__version__ = "0.1.0"
