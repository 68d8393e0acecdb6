"""Which card scores which night: the ledger of releases, and what changes it."""
