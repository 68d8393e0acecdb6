"""The validation report of a card: measured, drawn, written as one page and sealed."""
