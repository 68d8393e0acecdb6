"""Backfill and replay: a stretch of past days computed again, shown as one generation."""
