"""Text classification: what a text is about, and which words say so."""

INTENDED_USE = (
    "Sorting short texts into the labels of its training data, such as what a customer asks for or whether a review is "
    "good, with the share of attention on each word, and saying so where a text is none of these."
)
LIMITS = (
    "It knows the words, labels and kind of text of its training data, reads the beginning of a long text, and refuses "
    "foreign texts as far as the card says. The shaded words are what it read, not why. Not for decisions about people."
)
