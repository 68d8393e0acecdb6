"""creditloop: landing, cards, scoring, publication, simulator and command line."""

__version__ = "0.1.0"
