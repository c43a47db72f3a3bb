"""Captions: a sentence for a picture, and where the model looked for each of its words."""

from heedful.apps.image_captioning.app import Captioner, caption, describe, load, run, run_each

__all__ = ["Captioner", "caption", "describe", "load", "run", "run_each"]
