"""Imports from jupyter-scheduler."""
