"""Training scorecards. The only package that imports training libraries, and only when it trains."""
