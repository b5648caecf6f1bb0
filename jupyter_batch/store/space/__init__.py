"""Gives disk space back."""
