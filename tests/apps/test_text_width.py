"""Columns are straight where letters are wide, narrow, or accents of their own."""

import pytest

from heedful.apps.text_width import left, right, width_of


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("", 0),
        ("up", 2),
        ("grün", 4),
        ("gru\u0308n", 4),
        ("开灯", 4),
        ("ｆｕ", 4),
        ("ｶﾅ", 2),
        ("حرك", 3),
        ("a\u200db", 2),
    ],
)
def test_width_is_that_of_a_terminal(text, cells):
    assert width_of(text) == cells
    assert left(text, 7) == text + " " * (7 - cells) and right(text, 7) == " " * (7 - cells) + text


def test_what_is_too_long_stays_whole():
    assert left("开灯", 3) == right("开灯", 3) == "开灯"
