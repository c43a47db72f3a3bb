"""Whole programs, each of which ends in one file: `python -m heedful.export.examples.writer`, for one."""
