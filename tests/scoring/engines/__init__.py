"""Tests of scoring/engines: DuckDB and Spark give the same rows."""
