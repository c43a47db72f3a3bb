"""Text summarization: a headline for a text, in its own names and numbers, and for every word where it came from."""

INTENDED_USE = (
    "Writing a headline, a subject or a short summary of a text on the person's own device, with a map that shows "
    "where in the text every word came from."
)
LIMITS = (
    "It writes what its training pairs taught it to write, reads the beginning of a long text only, and can be wrong "
    "with confidence: names and numbers are copied, but they may be the wrong ones. The map shows what the model read, "
    "not why. A person should read the text where a wrong summary does harm."
)
