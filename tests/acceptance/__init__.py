"""Acceptance on real, public data: adapters into the landing contract, and nights over them."""
