"""Tiny hand-made worlds, one per question that customers ask, with what must come out by day."""
