"""The commands and all that they need; whoever writes a recipe never opens it."""
