"""Captions: a sentence for a picture, and where the model looked for each of its words."""

from heedful.apps.image_captioning.app import (  # isort: skip
    INPUT, RECIPE, Captioner, add_arguments, ask, caption, describe, load, run_one,
)  # fmt: skip

__all__ = ["INPUT", "RECIPE", "Captioner", "add_arguments", "ask", "caption", "describe", "load", "run_one"]
