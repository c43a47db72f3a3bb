"""The sample, and what makes it."""
