"""One user, one score, as an addition."""
