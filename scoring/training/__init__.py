"""Training scorecards: the only package that imports training libraries."""
