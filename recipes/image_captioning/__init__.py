"""Image captioning: a photo in words, and for every word where in the photo the model looked."""

INTENDED_USE = (
    "Describing a photo in a sentence, on the person's own device, with a map for every word that shows where in the "
    "photo the model looked."
)
LIMITS = (
    "It knows the things, the words and the habits of its training captions, and names what is usual there when it is "
    "not sure; people, numbers and left and right are often wrong. The maps show what the model read, not why. Not for "
    "decisions about people, and no substitute for a description by a person where it matters."
)
