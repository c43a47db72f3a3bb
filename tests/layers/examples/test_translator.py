"""The translator, trained for a few seconds: it writes dates it has not seen, and reads each digit where it stands."""

from pathlib import Path

import numpy as np
import pytest

from heedful.layers.examples import translator


@pytest.mark.long
def test_it_translates_and_looks_where_the_letters_stand() -> None:
    figures, model = translator.run(examples=1000, epochs=6)
    # One format in six has the parts in digits and in order; 600 held-out dates leave an error of 0.02 at most.
    assert 0.1 < figures["exact by turning the parts around"] < 0.25
    assert figures["exact"] > 0.6
    sources = ["11/28/1970", "28.11.1970"]
    answers, weights = model.translate(sources)
    assert weights.shape == (2, translator.WRITTEN, translator.LONGEST)
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5)
    assert (weights[..., len(sources[0]) :] == 0).all(), "padding is never read"
    # The four digits of the year are copied from their places, whatever stands before them.
    assert [answer[:4] for answer in answers] == ["1970", "1970"]
    assert (weights[:, :4].argmax(-1) == [6, 7, 8, 9]).mean() > 0.7


def test_codes_are_ascii_padded_with_zeros() -> None:
    assert translator.codes(["28", "Nov"], 5).tolist() == [[50, 56, 0, 0, 0], [78, 111, 118, 0, 0]]


def test_it_is_short() -> None:
    assert len(Path(translator.__file__).read_text(encoding="utf-8").splitlines()) < 80
