"""Scorecards: reviewed JSON, checked on loading."""
