"""The forms in which tables are written: a file per form, and how each is told from the others."""
