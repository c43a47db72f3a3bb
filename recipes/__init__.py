"""Trains, evaluates and exports: a file here is shared machinery, a folder here is a recipe."""
