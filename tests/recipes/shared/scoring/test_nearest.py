"""What was written of the nearest training text, by hand."""

from heedful.recipes.shared.reading.text_pairs import TextPairs
from heedful.recipes.shared.scoring.nearest import nearest_targets


def stems(text):
    return [word.removesuffix("ing").removesuffix("ed") for word in text.split()]


def test_the_nearest_text_is_another_one_with_the_rarest_words():
    known = TextPairs(["the rain fell", "the storm fell", "the storm raged", "the sun"], ["a", "b", "c", "d"])
    assert nearest_targets(["storm raging", "a rain"], known, stems) == ["c", "a"]
    assert nearest_targets([known.sources[2]], known, stems) == ["b"], "itself does not count"
    assert nearest_targets(["嵐"], known, stems) == ["a"]
    assert nearest_targets(["x", "y"], TextPairs(["..."], ["z"]), lambda text: []) == ["z", "z"]
