"""What the gates must stop, and what they must let through."""
