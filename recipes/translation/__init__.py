"""Translation: a sentence in another language, and for every word where in the sentence it came from."""

INTENDED_USE = (
    "Translating sentences of the kind that it was trained on, on the person's own device, with a map that shows for "
    "every word where in the sentence the model looked."
)
LIMITS = (
    "It knows the words and the kind of sentences of its training pairs, reads one sentence of limited length at a "
    "time, and can be wrong with confidence: fluent is not faithful. The map shows where the model looked, not why. "
    "Someone who knows both languages should read what matters."
)
