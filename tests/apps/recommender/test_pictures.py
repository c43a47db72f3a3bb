"""Heat maps are drawn for every answer, say what they leave out, and are written whole or not at all."""

import re
import warnings

import numpy as np
import pytest
import recommender_models

from heedful.apps import pictures
from heedful.apps.model_file import ModelFile
from heedful.apps.recommender import RecommenderModel, run_one
from heedful.apps.recommender.pictures import NAME, draw
from heedful.apps.recommender.recommendation import Recommendation

image = pytest.importorskip("matplotlib.image")

HOSTILE = ("$5 and $6 $", "a\nb\x1b", "word " * 80, "\\frac{_^", "東京物語", "", "Léon (1994)")


class Drawn:
    """A figure as it was saved."""

    def __init__(self, figure):
        self.title = figure.get_suptitle()
        panel = figure.axes[0]
        self.columns = [label.get_text() for label in panel.get_xticklabels()]
        self.rows = [label.get_text() for label in panel.get_yticklabels()]
        self.weights = panel.images[0].get_array() if panel.images else None
        figure.draw_without_rendering()
        self.outside = [text.get_text() for text in self.texts(figure) if not self.within(figure, text)]

    @staticmethod
    def texts(figure):
        panel = figure.axes[0]
        return [figure._suptitle, *panel.get_xticklabels(), *panel.get_yticklabels()]

    @staticmethod
    def within(figure, text):
        """Whether all of a text lies in the picture, within a pixel."""
        box, whole = text.get_window_extent(), figure.bbox
        return box.x0 > -1 and box.y0 > -1 and box.x1 < whole.x1 + 1 and box.y1 < whole.y1 + 1


@pytest.fixture
def saved(monkeypatch):
    """The figures that were saved."""
    figures, save = [], pictures.save
    monkeypatch.setattr(pictures, "save", lambda figure, path: (save(figure, path), figures.append(Drawn(figure))))
    return figures


def answers(count, read, titles=HOSTILE):
    generator = np.random.default_rng(count)
    return [
        Recommendation(
            f"id-{row}", titles[row % len(titles)], 0.5**row, generator.dirichlet(np.ones(read)).astype(np.float32), ()
        )
        for row in range(count)
    ]


def history(count):
    return [f"past-{number}" for number in range(count)], [HOSTILE[number % len(HOSTILE)] for number in range(count)]


@pytest.mark.parametrize(
    ("actions", "read", "count", "title", "columns"),
    [
        (1, 1, 3, "what each item attended to in the one past action", 1),
        (5, 5, 10, "what each item attended to in the 5 past actions", 5),
        (30, 30, 1, "what each item attended to in the 30 past actions", 30),
        (1234, 7, 2, "what each item attended to in the last 7 of 1,234 actions, all that the model read", 7),
        (31, 31, 2, r"the last 30 of 31 actions,\nwhich hold \d+ to \d+ % of the attention \(the model read 31\)", 30),
        (1234, 200, 57, r"what the best 20 of 57 items attended to in the last 30 of 1,234 .*\n.*read 200\)", 30),
    ],
)
def test_every_size(tmp_path, saved, actions, read, count, title, columns):
    answer = answers(count, read)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # letters that the font lacks, or a layout that does not fit
        draw(tmp_path / "map.png", *history(actions), answer)
    pixels = image.imread(tmp_path / "map.png")
    assert pixels.shape[0] > 350 and pixels.shape[1] > 800 and pixels.std() > 0.02
    (drawn,) = saved
    assert re.search(title, drawn.title)
    assert drawn.outside == []
    assert (len(drawn.rows), len(drawn.columns)) == (min(count, 20), columns)
    expected = np.stack([entry.attention[-columns:] for entry in answer[:20]])
    np.testing.assert_array_equal(np.asarray(drawn.weights), expected)


def test_titles_are_plain_short_and_drawable(tmp_path, saved):
    ids = ["one", "two", "three", "four", "東five", "six", "seven"]
    draw(tmp_path / "map.png", ids, HOSTILE, answers(2, 7))
    dollars, lines, long, formula, foreign, empty, accented = saved[0].columns
    assert dollars == r"\$5 and \$6 \$" and "\n" not in lines and "\x1b" not in lines
    assert len(long) == NAME and long.startswith("word word") and "…" in long
    assert (formula, empty, accented) == ("\\frac{_^", "six", "Léon (1994)")
    assert foreign == "\N{REPLACEMENT CHARACTER}five"  # neither title nor id can be drawn whole
    assert saved[0].rows == [r"1. \$5 and \$6 \$   1.00", "2. id-1   0.50"]


def test_nothing_to_recommend_is_a_picture_too(tmp_path, saved):
    draw(tmp_path / "map.png", *history(5), [])
    assert saved[0].title == "nothing is left to recommend after 5 actions" and saved[0].outside == []


def test_run_one_draws(tmp_path):
    content = recommender_models.content(titles=[*HOSTILE, *"abcdef"])
    model = RecommenderModel(ModelFile.from_bytes(content, "tiny"))
    run_one(model, "id-3,id-1,new", tmp_path / "one.png")
    assert image.imread(tmp_path / "one.png").std() > 0.02
    run_one(model, "id-1,id-2", tmp_path / "two.svg", candidates="id-5,id-7,id-8,id-9")
    assert (tmp_path / "two.svg").read_text().rstrip().endswith("</svg>")
