"""Schedules: cron, intervals and single instants, and what is due."""
