"""The dirt of real feeds, injected on purpose, and the ledger of every injected fault."""
