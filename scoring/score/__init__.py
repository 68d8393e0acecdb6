"""From features to points, scores and reasons."""
