"""Builds job images."""
