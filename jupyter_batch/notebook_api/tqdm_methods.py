"""The methods of tqdm that a loop itself does not need."""

from __future__ import annotations

import sys
from typing import Any, Optional

from .encoding import unwrapped


class TqdmMethods:
    """Methods that programs written for tqdm call."""

    _postfix: str

    def set_description(self, desc: Optional[str] = None, refresh: bool = True) -> None:
        """Do nothing: the name stays. For compatibility with tqdm.

        Parameters
        ----------
        desc : str, optional
            Ignored.
        refresh : bool, default True
            Ignored.
        """

    def set_postfix(self, ordered_dict: Any = None, refresh: bool = True, **values: Any) -> None:
        """Display values behind the bar.

        Parameters
        ----------
        ordered_dict : dict, optional
            Values by name.
        refresh : bool, default True
            Ignored, for compatibility with tqdm.
        **values : object
            Values by name.
        """
        pairs = {**dict(ordered_dict or {}), **values}
        self.set_postfix_str(", ".join(f"{name}={_shown(value)}" for name, value in pairs.items()))

    def set_postfix_str(self, s: str = "", refresh: bool = True) -> None:
        """Display a text behind the bar.

        Parameters
        ----------
        s : str, default ""
            The text.
        refresh : bool, default True
            Ignored, for compatibility with tqdm.
        """
        self._postfix = s

    @staticmethod
    def write(s: str, file: Any = None, end: str = "\n", nolock: bool = False) -> None:
        """Print a line.

        Parameters
        ----------
        s : str
            The line.
        file : file, optional
            Text file to write to. Default: standard output.
        end : str, optional
            Text after the line. Default: a newline.
        nolock : bool, default False
            Ignored, for compatibility with tqdm.
        """
        (file or sys.stdout).write(s + end)


def _shown(value: Any) -> str:
    value = unwrapped(value)
    return f"{value:.3g}" if isinstance(value, float) else str(value)
