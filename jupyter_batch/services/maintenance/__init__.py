"""Background work: retention and disk space."""
