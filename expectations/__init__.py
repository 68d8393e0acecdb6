"""Gates: what must hold for a night, checked by Great Expectations inside DuckDB."""
