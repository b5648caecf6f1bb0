"""Starts the runner: as a module, as a folder, or as a zip application."""

import os
import sys

if not __package__:
    # Run as a folder: the package is found through its parent folder during the import.
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[0] = os.path.dirname(folder)
    __package__ = os.path.basename(folder)
    __import__(__package__)

from .program import main

# A file beside the notebook must not shadow a module that the runner imports.
del sys.path[0]
main()
