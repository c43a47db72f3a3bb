"""Words that titles share."""

from heedful.recipes.recommender.reading.title_words import MOST, title_words


def test_words_of_two_titles_or_more_but_not_of_most_of_them():
    titles = [f"The {word} {number}" for number, word in enumerate(["Tent", "tent", "Lamp", "rope", "rope", "rope"])]
    # "the" is in all of the six, "rope" in more than two of them, "lamp" and the numbers in one.
    assert title_words(titles) == (("tent",), ("tent",), (), (), (), ())


def test_the_rarest_words_of_a_long_title_stay():
    titles = [" ".join(f"w{number}" for number in range(start, 30)) for start in range(25)] + ["other"] * 300
    # A word of a larger number is in more titles: w1 in two, w2 in three.
    found = title_words(titles)
    assert found[0] == tuple(f"w{number}" for number in range(1, 1 + MOST)) and found[-1] == ()


def test_scripts_without_spaces_are_cut_into_characters():
    assert title_words(["紅茶", "緑茶", "ペン"] + ["x"] * 40)[:3] == (("茶",), ("茶",), ())


def test_a_word_that_a_title_has_twice_is_one():
    assert title_words(["New York, New York", "New shoes", *"abcdefghijklmnopqrst"])[0] == ("new",)
