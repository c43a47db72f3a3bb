"""Short programs that build a model around one attention layer each; every one is a test."""
