"""Speech commands: the word in a clip, or the words of a long recording and their times."""

from heedful.apps.speech_commands.app import Events, SpeechModel, classify, describe, detect, fit, load, run, run_each

__all__ = ["Events", "SpeechModel", "classify", "describe", "detect", "fit", "load", "run", "run_each"]
