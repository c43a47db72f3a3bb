"""Questions to a bank, made when they are needed."""
