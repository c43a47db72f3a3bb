"""Every word has its row and column, with the attention of its pieces, and any summary is drawn whole or not at all."""

import warnings

import numpy as np
import pytest
import summarization_models as tiny

from heedful.apps import pictures
from heedful.apps.look_picture import draw, together
from heedful.apps.model_file import ModelFile
from heedful.apps.rewritten import Rewritten
from heedful.apps.text_summarization import Summarizer, run_one

image = pytest.importorskip("matplotlib.image")

HOSTILE = (
    " $5",
    " donaudampf",
    "schifffahrt",
    "東",
    "京",
    "\n\\frac{_^",
    " हिन्दी",
    " $",
    " שלום",
    "",
    " \x1b",
    " مرحبا",
)


@pytest.fixture
def saved(monkeypatch):
    """The figures that were saved, as they were then."""
    figures, save = [], pictures.save

    def keep(figure, path):
        save(figure, path)
        figure.draw_without_rendering()
        figures.append(figure)

    monkeypatch.setattr(pictures, "save", keep)
    return figures


def text(count):
    return [HOSTILE[number % len(HOSTILE)] for number in range(count)]


def answer(pieces, source, copied=0.9, score: float | None = -0.5):
    attention = np.random.default_rng(1).dirichlet(np.full(source, 0.1), len(pieces)).astype(np.float32)
    said = "".join(pieces).strip()
    return Rewritten(said, tuple(pieces), attention.reshape(-1, source), np.full(len(pieces), copied), score, 3)


def test_pieces_become_words():
    source = ["The", " ma", "yor", " of", " Oslo"]
    attention = np.array([[0.1, 0.2, 0.3, 0.4, 0.0], [0.0, 0.5, 0.1, 0.2, 0.2], [0.0, 0.0, 0.0, 0.0, 1.0]], np.float32)
    summary = Rewritten("may or", ("ma", "y", " or"), attention, np.array([0.2, 0.4, 0.9]), None, 1)
    rows, columns, looked, copied = together(source, summary)
    assert (rows, columns) == (["may", " or"], ["The", " mayor", " of", " Oslo"])
    np.testing.assert_allclose(looked, [[0.05, 0.55, 0.3, 0.1], [0, 0, 0, 1]], atol=1e-7)
    np.testing.assert_allclose(copied, [0.3, 0.9])


@pytest.mark.parametrize(("pieces", "source"), [(0, 9), (1, 1), (3, 20), (11, 160), (9, 330)])
def test_every_length(tmp_path, saved, pieces, source):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # letters that no font has, or a layout that does not fit
        draw(tmp_path / "map.png", "$HOME/" + "long " * 30, text(source), answer(text(pieces), source))
    assert image.imread(tmp_path / "map.png").std() > 0.02
    (figure,) = saved
    drawn = [label for panel in figure.axes for label in panel.get_xticklabels()]
    columns = together(text(source), answer(text(pieces), source))[1]
    assert len(drawn) == (len(columns) if pieces else 0)
    whole = figure.bbox
    texts = [*figure.texts, *drawn, *(label for panel in figure.axes for label in panel.get_yticklabels())]
    for found in texts:
        box = found.get_window_extent()
        assert box.x0 > -2 and box.y0 > -2 and box.x1 < whole.x1 + 2 and box.y1 < whole.y1 + 2, found
    for above, below in zip(figure.axes, figure.axes[1:], strict=False):
        tops = [label.get_window_extent().y1 for label in below.get_xticklabels()]
        assert max(tops) < above.get_window_extent().y0 + 1
    assert max(figure.get_size_inches()) < 60


def test_colours_and_rows(tmp_path, saved):
    """Red is where the attention is, red names are copied words, and a panel leaves out who hardly looked there."""
    source = [f" w{number}" for number in range(160)]
    attention = np.full((2, 160), 1e-4, np.float32)
    attention[0, 5] = attention[1, 100] = 0.98
    summary = Rewritten("ada berg", ("ada", " berg"), attention, np.array([0.9, 0.2]), None, 1)
    draw(tmp_path / "map.png", "a.txt", source, summary)
    first, second = saved[0].axes
    named = [[(label.get_text(), label.get_color()) for label in panel.get_yticklabels()] for panel in (first, second)]
    assert named == [[("ada", pictures.ACCENT)], [("berg", pictures.INK)]]
    cells = [panel.collections[0].get_array().reshape(1, 80) for panel in (first, second)]
    assert cells[0].argmax() == 5 and cells[1].argmax() == 20
    assert [label.get_text() for label in second.get_xticklabels()][:2] == ["w80", "w81"]


def test_run_one_draws(tmp_path):
    (tmp_path / "a.txt").write_text("The mayor said 12 trains were late")
    model = Summarizer(ModelFile.from_bytes(tiny.content(), "tiny"))
    run_one(model, tmp_path / "a.txt", tmp_path / "one.png", beam=1)
    assert image.imread(tmp_path / "one.png").std() > 0.02
