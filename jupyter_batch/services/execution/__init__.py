"""Turns queued runs into attempts, and attempts into records."""
