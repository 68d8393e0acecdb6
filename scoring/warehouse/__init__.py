"""The build warehouse: opening, locking, schema, content hashes."""
