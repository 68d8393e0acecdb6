"""A simulated population that fills every feed."""
