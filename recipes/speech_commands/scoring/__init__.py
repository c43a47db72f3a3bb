"""Noise to score in, and the baseline."""
