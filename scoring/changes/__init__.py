"""Why a score changed from one night to another, and what would help."""
