"""Validates requests and makes runs."""
