"""Runs exported files: LiteRT and NumPy, nothing else of heedful and never Keras.

answer = load("model.tflite")("recording.wav")
"""

from heedful.apps.loaded import Loaded, load

__all__ = ["Loaded", "load"]
