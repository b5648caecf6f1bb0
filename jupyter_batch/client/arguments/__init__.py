"""Arguments of the Python API, checked and encoded for the wire."""
