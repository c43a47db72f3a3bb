"""The words of titles as values of a field: what a new item shares with others when nobody has taken it yet."""

from collections import Counter
from collections.abc import Sequence

from heedful.recipes.recommender.reading.item_catalogue import Values
from heedful.recipes.shared.reading.words import words

TITLE = "title"  # the field
FEWEST = 2  # titles with a word: one that stands in a single title says nothing of others
COMMON = 0.3  # of the titles: a word of more of them, like "the", tells nothing apart
MOST_WORDS = 8192  # the commonest that are left
MOST = 8  # of one title, the rarest


def title_words(titles: Sequence[str]) -> Values:
    """Of each title the words that it shares with some others, rare ones first."""
    found = [tuple(dict.fromkeys(words(title))) for title in titles]
    counts = Counter(word for each in found for word in each)
    most = max(FEWEST, COMMON * len(titles))
    known = [word for word, count in counts.most_common() if FEWEST <= count <= most][:MOST_WORDS]
    place = {word: at for at, word in enumerate(known)}
    return tuple(
        tuple(sorted(filter(place.__contains__, each), key=lambda word: -place[word])[:MOST]) for each in found
    )
