"""The first of many names for a message."""

from heedful.recipes.shared.reading.first_names import first_names


def test_few_names_are_all_there():
    assert first_names(["up", "down", "left"]) == "up, down, left"
    assert first_names([]) == ""


def test_of_many_the_rest_is_counted():
    assert first_names(["up", "down", "left"], most=1) == "up and 2 more"
    assert first_names([str(number) for number in range(2003)], what="words") == "0, 1, 2 and 2,000 more words"


def test_what_a_terminal_would_act_upon_is_not_repeated():
    assert first_names(["a\x1b[31m\nb"]) == "a?[31m b"
