"""Where the marts are built and users are scored: DuckDB, or Spark beside it."""
