"""Text summarization: a headline for a text, in its own names and numbers, and for every word where it came from."""
