"""Backups of the store: create, restore, swap."""
