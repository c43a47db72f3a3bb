"""Least: which way the one number of seven that sticks out does, and which one it is."""

INTENDED_USE = "Showing the least that a recipe can be; copy it to begin your own."
LIMITS = "It knows seven numbers, and nothing of the world."
