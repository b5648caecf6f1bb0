"""Turns time into runs."""
