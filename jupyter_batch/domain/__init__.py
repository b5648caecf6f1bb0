"""Values and decisions, without I/O and without a clock."""
