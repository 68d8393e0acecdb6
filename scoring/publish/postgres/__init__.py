"""The PostgreSQL sink: the published tables for readers who have no DuckDB."""
