"""The classifier of picture and question, trained for a few steps: it needs both, and either alone is no help."""

from pathlib import Path

import numpy as np

from heedful.layers.examples import image_text_classifier


def test_it_learns_from_both_what_neither_tells_alone() -> None:
    figures = image_text_classifier.main(count=3000, epochs=5)  # seeds 0, 1 and 2 pass
    # At best 1/6 for who reads only, 1/4 for who sees only; 1000 held-out examples leave an error of 0.014.
    assert max(figures["most frequent answer"], figures["question alone"]) < 0.25
    assert figures["picture alone"] < 0.33
    assert figures["both"] > 0.9
    assert figures["shape word looks at its shape"] > 0.9
    assert 0 < figures["gate for what words read"] < 1


def test_examples_are_what_the_bounds_rest_on() -> None:
    """The colour of the asked shape is one of four, all different, and says nothing about which shape was asked for."""
    pictures, questions, answers, places = image_text_classifier.examples(500, seed=3)
    assert pictures.shape == (500, 24, 24, 3)
    bright = np.sort(pictures.reshape(500, 3, 8, 3, 8, 3).max((2, 4)).max(-1).reshape(500, 9))
    assert ((bright > 0.7).sum(-1) == 4).all(), "four shapes"
    for picture, question, answer, place in zip(pictures, questions, answers, places, strict=True):
        words = [image_text_classifier.WORDS[number] for number in question if number]
        shape = image_text_classifier.SHAPES[next(word for word in words if word in image_text_classifier.SHAPES)]
        row, column = divmod(place, 3)
        cell = picture[8 * row : 8 * row + 8, 8 * column : 8 * column + 8]
        assert (abs(cell - shape[..., None] * image_text_classifier.COLOURS[answer]) < 0.7).all()


def test_it_is_short() -> None:
    assert len(Path(image_text_classifier.__file__).read_text(encoding="utf-8").splitlines()) < 80
