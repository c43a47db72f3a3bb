"""Speech commands: the word in a clip, or the words of a long recording and their times."""

from heedful.apps.speech_commands.app import (  # isort: skip
    INPUT, RECIPE, Events, SpeechModel, ask, classify, describe, detect, enrol, fit, hear, load, run_one,
)  # fmt: skip

__all__ = [
    "INPUT", "RECIPE", "Events", "SpeechModel", "ask", "classify", "describe", "detect", "enrol", "fit", "hear",
    "load", "run_one",
]  # fmt: skip
