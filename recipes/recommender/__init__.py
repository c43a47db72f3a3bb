"""Recommender: from what a person did to what comes next, with the past action that speaks for each suggestion."""

INTENDED_USE = (
    "Suggesting what a person may want next from what they did before, among the items of the training data, on the "
    "person's own device, with weights that say which past action spoke for which suggestion."
)
LIMITS = (
    "It repeats the habits and the popularity of its training data, and knows no other items than those in it; a "
    "history of unknown items gives what is popular. The weights show what the model read, not why a person acts. "
    "Not for decisions about people."
)
