"""The map of every word lies where its attention is, and any caption is drawn whole or not at all."""

import warnings

import captioning_models as tiny
import numpy as np
import pytest

from heedful.apps import pictures
from heedful.apps.image_captioning import Captioner, run_one
from heedful.apps.image_captioning.caption import Caption
from heedful.apps.image_captioning.pictures import arranged, draw, heat
from heedful.apps.model_file import ModelFile

image = pytest.importorskip("matplotlib.image")
Image = pytest.importorskip("PIL.Image")

HOSTILE = ("$5", "donaudampfschifffahrtsgesellschaftskapitaen", "東京", "\\frac{_^", "léon", "हिन्दी", "$", "a\nb\x1b")


class Drawn:
    """A figure as it was saved."""

    def __init__(self, figure):
        figure.draw_without_rendering()
        self.title, self.legend = figure.get_suptitle(), figure.get_supxlabel()
        self.photo, *self.words = figure.axes
        self.names = [panel.get_title() for panel in self.words]
        self.shares = [panel.get_xlabel() for panel in self.words]
        self.boxes = [panel.get_window_extent() for panel in figure.axes]
        texts = [
            figure._suptitle,
            *(panel.title for panel in figure.axes),
            *(panel.xaxis.label for panel in self.words),
        ]
        extents = [text.get_window_extent() for text in texts]
        self.outside = [box for box in [*self.boxes, *extents] if not within(box, figure.bbox)]
        titles = extents[1 : 1 + len(figure.axes)]
        self.covered = [
            (one, two) for one in self.boxes for two in [*self.boxes, *titles] if one is not two and overlap(one, two)
        ]


def within(box, whole):
    """Within a pixel."""
    return box.x0 > -1 and box.y0 > -1 and box.x1 < whole.x1 + 1 and box.y1 < whole.y1 + 1


def overlap(one, two):
    return min(one.x1, two.x1) - max(one.x0, two.x0) > 1 and min(one.y1, two.y1) - max(one.y0, two.y0) > 1


@pytest.fixture
def saved(monkeypatch):
    """The figures that were saved."""
    figures, save = [], pictures.save
    monkeypatch.setattr(pictures, "save", lambda figure, path: (save(figure, path), figures.append(Drawn(figure))))
    return figures


def answer(words, rows=7, columns=5, score: float | None = -0.5):
    maps = np.random.default_rng(1).dirichlet(np.ones(rows * columns), len(words)).astype(np.float32)
    return Caption(tuple(words), maps.reshape(-1, rows, columns), score, 1 if score is None else 3)


def photo(rows=60, columns=90):
    return np.random.default_rng(2).integers(0, 256, (rows, columns, 3)).astype(np.uint8)


@pytest.mark.parametrize(
    ("shape", "count"),
    [
        ((60, 90), 0),
        ((60, 90), 1),
        ((64, 64), 2),
        ((90, 60), 7),
        ((60, 90), 25),
        ((1, 300), 5),
        ((300, 1), 4),
        ((1, 1), 3),
    ],
)
def test_every_length_and_shape(tmp_path, saved, shape, count):
    words = [HOSTILE[number % len(HOSTILE)] for number in range(count)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # letters that no font has, or a layout that does not fit
        draw(tmp_path / "map.png", "beach.jpg", photo(*shape), answer(words))
    pixels = image.imread(tmp_path / "map.png")
    assert pixels.std() > 0.02
    (drawn,) = saved
    assert len(drawn.words) == count and drawn.outside == [] and drawn.covered == []
    sizes = {(round(box.width), round(box.height)) for box in drawn.boxes[1:]}
    assert len(sizes) <= 4  # all tiles are equal, to a pixel
    if count:
        assert drawn.boxes[0].width > 1.8 * drawn.boxes[1].width
        ratio = np.clip(shape[0] / shape[1], 0.5, 2)
        assert drawn.boxes[1].height / drawn.boxes[1].width == pytest.approx(ratio, rel=0.02)


def test_the_texts(tmp_path, saved):
    draw(tmp_path / "map.png", "$HOME/" + "long " * 20, photo(), answer(HOSTILE))
    (drawn,) = saved
    dollars, long, tokyo, formula, accented, _, dollar, lines = drawn.names
    assert (dollars, formula, accented, dollar) == (r"\$5", "\\frac{_^", "léon", r"\$")
    assert len(long) == 18 and "…" in long and lines == "a b\N{REPLACEMENT CHARACTER}" and len(tokyo) == 2
    assert drawn.photo.get_title().startswith(r"\$HOME/long long") and len(drawn.photo.get_title()) < 50
    assert drawn.shares == [f"{100 * looked.max():.0f} %" for looked in answer(HOSTILE).attention]
    assert "7 x 5 cells" in drawn.legend and "beam 3, score -0.50" in drawn.legend


def test_long_and_empty_captions(tmp_path, saved):
    draw(tmp_path / "long.png", "a.jpg", photo(), answer(["verylongword" * 9] * 9, score=None))
    draw(tmp_path / "none.png", "a.jpg", photo(), answer([]))
    long, none = saved
    assert long.title.count("\n") == 2 and "…" in long.title and long.outside == [] and "score" not in long.legend
    assert none.title == "(no words)" and none.legend == ""


def test_other_scripts_use_the_fonts_that_are_there(tmp_path, saved, monkeypatch):
    """None is here, so that one with Latin letters stands for it; a missing one would be warned of."""
    monkeypatch.setattr(pictures, "SCRIPTS", ("No Such Font", "DejaVu Serif"))
    assert pictures.fonts() == ["DejaVu Sans", "DejaVu Serif"]
    draw(tmp_path / "map.png", "a.jpg", photo(), answer(["abc"]))
    assert saved[0].words[0].title.get_fontfamily() == pictures.fonts()
    assert pictures.drawable("é") and not pictures.drawable("\x1b") and not pictures.drawable("\U0010fffd")


def test_red_is_where_the_attention_is():
    """A map of 3 x 5 cells with one peak over a photo of 30 x 50 pixels; elsewhere stays grey."""
    looked = np.zeros((3, 5), np.float32)
    looked[2, 1] = 1.0
    tile = heat(photo(30, 50), looked).astype(int)
    red = tile[..., 0] - tile[..., 1]
    assert tile.shape == (30, 50, 3) and tile.min() >= 0
    row, column = np.unravel_index(red.argmax(), red.shape)
    assert 20 <= row < 30 and 10 <= column < 20
    assert red[20:, 10:20].mean() > 60
    assert red[:10].max() < 5 and red[:, 30:].max() < 5  # a cubic swings a little


def test_maps_are_scaled_but_even_ones_stay_pale():
    looked = np.random.default_rng(3).dirichlet(np.full(35, 0.2)).astype(np.float32).reshape(7, 5)
    np.testing.assert_array_equal(heat(photo(), looked), heat(photo(), looked / 7 * 6))  # peaks decide, not sums
    even = heat(photo(), np.full((7, 5), 1 / 35, np.float32)).astype(int)
    peak = heat(photo(), looked).astype(int)
    assert (even[..., 0] - even[..., 1]).max() < 0.5 * (peak[..., 0] - peak[..., 1]).max()
    blank = heat(photo(), np.zeros((7, 5), np.float32))
    assert (blank == blank[..., :1]).all()


@pytest.mark.parametrize("wide", [0.7, 1.0, 1.4])
def test_tiles_fill_the_picture(wide):
    for words in range(60):
        columns, rows = arranged(words, wide)
        assert columns * rows >= words + 4 and columns >= 2 and rows >= 2
        assert columns * rows - 4 - words < max(columns, 4)
        if 5 <= words <= 25:
            assert 0.6 < columns * wide / rows < 5


def test_run_one_draws(tmp_path):
    model = Captioner(ModelFile.from_bytes(tiny.content(), "tiny"))
    Image.fromarray(photo()).save(tmp_path / "a.jpg")
    run_one(model, tmp_path / "a.jpg", tmp_path / "one.png")
    assert image.imread(tmp_path / "one.png").std() > 0.02
    run_one(model, tmp_path / "a.jpg", tmp_path / "two.svg", beam=1)
    assert (tmp_path / "two.svg").read_text().rstrip().endswith("</svg>")
