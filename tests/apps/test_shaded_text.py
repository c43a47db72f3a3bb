"""A picture of shaded words: the word that is looked at is the redder one."""

import numpy as np
import pytest
from PIL import Image

from heedful.apps.errors import InputError
from heedful.apps.shaded_text import draw


@pytest.mark.parametrize(("shares", "side"), [((0.1, 0.9), 1), ((0.9, 0.1), 0)])
def test_a_word_that_is_looked_at_is_redder(tmp_path, shares, side):
    draw(tmp_path / "words.png", "a label of $5", [("mmmmmmmm", shares[0]), (" mmmmmmmm", shares[1])])
    red, green, blue = np.asarray(Image.open(tmp_path / "words.png").convert("RGB"), int).transpose(2, 0, 1)
    columns = np.flatnonzero((red > green + 60) & (red > blue + 40)) % red.shape[1]
    middle = 8.5 / 66 * red.shape[1]
    assert len(columns) > 100 and np.all(columns > middle - 20 if side else columns < middle + 20)


def test_a_long_text_is_drawn_in_part_and_a_name_that_is_no_picture_is_refused(tmp_path):
    draw(tmp_path / "long.png", "label", [(f" word{n}", n / 4e6) for n in range(700)])
    assert Image.open(tmp_path / "long.png").height < 2000
    with pytest.raises(InputError, match="no picture format"):
        draw(tmp_path / "words.abc", "a", [("b", 1.0)])
