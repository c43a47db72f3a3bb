"""The app of the recipe `least`."""
