"""Scores, intervals and their pictures."""
