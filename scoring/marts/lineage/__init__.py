"""The picture ``docs/lineage.svg``: feeds, models by topic, marts and published tables."""
