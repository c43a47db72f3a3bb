"""Runs exported files: LiteRT and NumPy, nothing else of heedful and never Keras."""
