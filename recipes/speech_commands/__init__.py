"""Speech commands: which of your words was said, and when in the clip the model heard it."""
