"""Translations: a sentence in another language, and where the model looked for each word."""

from heedful.apps.translation.app import INPUT, RECIPE, add_arguments, ask, describe, load, run_one

__all__ = ["INPUT", "RECIPE", "add_arguments", "ask", "describe", "load", "run_one"]
