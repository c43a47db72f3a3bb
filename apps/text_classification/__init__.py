"""What a text is about, and which words say so."""

from heedful.apps.text_classification.app import INPUT, RECIPE, Classifier, ask, classify, describe, load, run_one

__all__ = ["INPUT", "RECIPE", "Classifier", "ask", "classify", "describe", "load", "run_one"]
