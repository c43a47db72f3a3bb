"""Speech commands: which of your words was said, and when in the clip the model heard it."""

INTENDED_USE = (
    "Recognising a small set of spoken command words in short windows of mono sound, on a phone, in a browser or from "
    "Python, with weights that show when in the window it listened."
)
LIMITS = (
    "It knows the words, accents, microphones and noises of its training data. Any sound is forced into one of its "
    "labels; words that it was not taught are `_unknown_` only as far as the training words generalise. Not for "
    "safety-critical use."
)
