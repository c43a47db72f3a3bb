"""Captions: a sentence for a picture, and where the model looked for each of its words."""

from heedful.apps.image_captioning.app import INPUT, RECIPE, Captioner, add_arguments, caption, describe, load, run_one

__all__ = ["INPUT", "RECIPE", "Captioner", "add_arguments", "caption", "describe", "load", "run_one"]
