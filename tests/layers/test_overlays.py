"""What the figures show: the data they hold, where it lies, what is written, and that no writing covers another."""

import itertools
import sys
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from heedful.layers import overlays

pytest.importorskip("matplotlib")

LONG = "internationalization_of_everything_that_there_is"
SOURCE = ["the", "quick", "brown", "fox", "jumps", "over", "$the$", "lazy", "dog", "</s>"]
TARGET = ["der", "schnelle", "braune", "Fuchs", "springt", "</s>"]


def shares(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).dirichlet(np.full(shape[-1], 0.3), size=shape[:-1])


def seen(place: float, limits: tuple[float, float]) -> bool:
    return min(limits) <= place <= max(limits)


def drawn(figure: Any) -> None:
    """Draws, and fails where a text leaves the figure or lies over another one."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    texts = [figure._suptitle] if figure._suptitle else []
    for panel in figure.axes:
        across = [text for text in panel.get_xticklabels() if seen(text.get_position()[0], panel.get_xlim())]
        down = [text for text in panel.get_yticklabels() if seen(text.get_position()[1], panel.get_ylim())]
        texts += [*across, *down, panel.xaxis.label, panel.yaxis.label, panel.title, *panel.texts]
    boxes = [
        (text.get_text(), text.get_window_extent(canvas.get_renderer()))
        for text in texts
        if text.get_visible() and text.get_text()
    ]
    for text, box in boxes:
        assert box.x0 >= -1 and box.y0 >= -1, text
        assert box.x1 <= figure.bbox.width + 1 and box.y1 <= figure.bbox.height + 1, text
    for (one, first), (other, second) in itertools.combinations(boxes, 2):
        wide = min(first.x1, second.x1) - max(first.x0, second.x0)
        high = min(first.y1, second.y1) - max(first.y0, second.y0)
        assert min(wide, high) < 2, (one, other)


FIGURES: dict[str, Callable[[], Any]] = {
    "image": lambda: overlays.image(np.zeros((29, 37, 3), "uint8"), shares(7, 5, 7), SOURCE[:7], "a caption, $5 to $7"),
    "image of one word": lambda: overlays.image(np.zeros((29, 37)), shares(5, 7), [LONG], LONG.replace("_", " ")),
    "image of many words": lambda: overlays.image(np.zeros((97, 5)), shares(17, 5, 7), [LONG] * 17),
    "image of nothing": lambda: overlays.image(np.zeros((5, 97, 1)), np.zeros((2, 5, 7)), ["", "b"]),
    "spectrogram": lambda: overlays.spectrogram(shares(97, 41), shares(3, 49), 1.0, 9 * "a long title "),
    "spectrogram of one head": lambda: overlays.spectrogram(shares(97, 41), shares(97)),
    "spectrogram of one step": lambda: overlays.spectrogram(shares(1, 41), np.ones((1, 1)), 0.01),
    "spectrogram of nothing": lambda: overlays.spectrogram(shares(97, 41), np.zeros((3, 49)), 31.5),
    "pairs": lambda: overlays.token_pairs(shares(6, 10), TARGET, SOURCE, "a translation"),
    "pairs of three heads": lambda: overlays.token_pairs(shares(3, 10, 10), SOURCE),
    "pairs of eight heads": lambda: overlays.token_pairs(shares(8, 6, 10), TARGET, SOURCE, "eight heads"),
    "pairs of forty": lambda: overlays.token_pairs(shares(40, 40), [LONG, "▁to"] * 20, title=9 * "long "),
    "pairs of one": lambda: overlays.token_pairs(np.ones((1, 1)), ["a"], ["b"]),
    "pairs of one query": lambda: overlays.token_pairs(shares(1, 40), ["query"], [LONG] * 40, "one query"),
    "pairs of one key": lambda: overlays.token_pairs(np.ones((40, 1)), [LONG] * 40, ["key"], "one key, a longer title"),
    "pairs of nothing": lambda: overlays.token_pairs(np.zeros((6, 10)), TARGET, SOURCE),
    "behaviour": lambda: overlays.behaviour(shares(3, 5), [*SOURCE[3:7], LONG], ["Up", LONG, "$9.99"], "candidates"),
    "behaviour of forty": lambda: overlays.behaviour(shares(40), [LONG] * 40, [LONG]),
    "behaviour of one": lambda: overlays.behaviour(np.ones((2, 1)), ["Up"], ["Aliens", "Heat"]),
    "behaviour of nothing": lambda: overlays.behaviour(np.zeros(5), SOURCE[:5], title="nothing at all was read"),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("make", FIGURES.values(), ids=FIGURES)
def test_everything_written_is_inside_and_covers_nothing(make: Callable[[], Any]) -> None:
    drawn(make())
    assert "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()


def labels(ticks: Any) -> list[str]:
    return [tick.get_text() for tick in ticks]


def test_image_holds_the_picture_and_each_map_in_the_same_place() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (29, 37, 3), np.uint8)
    maps = np.stack([shares(35).reshape(5, 7), np.full((5, 7), 1 / 35), np.zeros((5, 7))])
    figure: Any = overlays.image(picture, keras.ops.convert_to_tensor(maps), ["red", "of", "nothing"], "a title")
    photo, *tiles = [panel for panel in figure.axes if panel.images]
    np.testing.assert_allclose(photo.images[0].get_array(), picture / 255)
    assert figure.get_suptitle() == "a title"
    assert [tile.get_title() for tile in tiles] == ["red", "of", "nothing"]
    assert [tile.get_xlabel() for tile in tiles] == [f"{100 * maps[0].max():.0f} %", "3 %", "0 %"]
    for tile, cells, limit in zip(tiles, maps, [maps[0].max(), 3 / 35, 3 / 35], strict=True):
        grey, heat = tile.images
        brightness = picture @ [0.299, 0.587, 0.114] / 255
        np.testing.assert_allclose(grey.get_array(), 0.35 + 0.65 * brightness)
        np.testing.assert_allclose(heat.get_array(), cells, atol=1e-7)
        assert heat.get_clim() == pytest.approx((0.0, limit))
        assert grey.get_extent() == heat.get_extent() == photo.images[0].get_extent()
        assert tile.get_aspect() * (37 / 29) == pytest.approx(1.0), "height / width, in an extent of 1 x 1"
        assert heat.cmap(0.0) == (*heat.cmap(1.0)[:3], 0.0), "no weight, no colour"


def test_image_takes_shares_and_one_channel() -> None:
    picture = np.random.default_rng(0).random((29, 37, 1))
    figure: Any = overlays.image(picture, np.ones((5, 7)), ["x"])
    np.testing.assert_allclose(figure.axes[0].images[0].get_array(), picture[..., 0])


def test_spectrogram_and_weights_share_the_axis_of_time() -> None:
    log_mel, weights = shares(97, 41), shares(3, 49)
    figure: Any = overlays.spectrogram(log_mel, weights, seconds=1.94)
    top, bottom = figure.axes
    np.testing.assert_array_equal(bottom.images[0].get_array(), log_mel.T)
    assert bottom.images[0].origin == "lower"
    assert tuple(bottom.images[0].get_extent()) == (0.0, 1.94, 0.0, 41)
    assert top.get_xlim() == bottom.get_xlim() == (0.0, 1.94)
    *heads, filled, mean = [patch.get_data() for patch in top.patches]
    for (values, edges, _), expected in zip([*heads, filled, mean], [*weights, *2 * [weights.mean(0)]], strict=True):
        np.testing.assert_allclose(values, expected)
        np.testing.assert_allclose(edges, 1.94 * np.arange(50) / 49)
    assert labels(top.get_legend().get_texts()) == ["one head", "mean of 3", "even share"]
    assert bottom.get_xlabel() == "time (s)"

    figure = overlays.spectrogram(log_mel, weights[0])
    top, bottom = figure.axes
    assert tuple(bottom.images[0].get_extent()) == (0.0, 97.0, 0.0, 41)
    assert bottom.get_xlabel() == "frame"
    assert labels(top.get_legend().get_texts()) == ["weight", "even share"]


def test_token_pairs_are_rows_of_queries_and_columns_of_keys() -> None:
    weights = shares(3, 6, 10)
    figure: Any = overlays.token_pairs(keras.ops.convert_to_tensor(weights), TARGET, SOURCE)
    panels = [panel for panel in figure.axes if panel.images]
    assert [panel.get_xlabel() for panel in panels] == ["head 1", "head 2", "head 3"]
    for panel, head in zip(panels, weights, strict=True):
        np.testing.assert_allclose(panel.images[0].get_array(), head, atol=1e-7)
        assert panel.images[0].get_clim() == pytest.approx((0.0, weights.max()))
        assert panel.get_ylim() == (5.5, -0.5), "the first query is at the top"
    assert labels(panels[0].get_xticklabels()) == SOURCE
    assert labels(panels[0].get_yticklabels()) == TARGET
    (one, _) = overlays.token_pairs(weights[0, :, :6], [*TARGET[:5], "  "]).axes
    assert labels(one.get_xticklabels()) == labels(one.get_yticklabels()) == [*TARGET[:5], "␣"]
    assert one.get_xlabel() == ""


def test_behaviour_has_a_bar_for_each_action_and_the_newest_at_the_top() -> None:
    weights, history = shares(2, 5), ["Alien", "Up", "Heat", "$9.99", LONG]
    figure: Any = overlays.behaviour(weights, history, ["Aliens", "Brazil"], "two candidates")
    assert [panel.get_title() for panel in figure.axes] == ["Aliens", "Brazil"]
    assert labels(figure.axes[0].get_yticklabels()) == [*history[:4], LONG[:39] + "…"]
    for panel, row in zip(figure.axes, weights, strict=True):
        np.testing.assert_allclose([bar.get_width() for bar in panel.patches], row)
        np.testing.assert_allclose([bar.get_y() + bar.get_height() / 2 for bar in panel.patches], range(5), atol=1e-9)
        assert labels(panel.texts) == [f" {100 * value:.0f}" for value in row]
        colours = [bar.get_facecolor() for bar in panel.patches]
        assert [colour == colours[row.argmax()] for colour in colours] == [value == row.max() for value in row]
        assert panel.get_ylim()[0] < panel.get_ylim()[1]


def test_wrong_use_is_one_clear_error() -> None:
    with pytest.raises(ValueError, match=r"a picture is .* not of shape \(5, 7, 2\)"):
        overlays.image(np.zeros((5, 7, 2)), np.ones((3, 3)), ["a"])
    with pytest.raises(ValueError, match="for each of 2 words"):
        overlays.image(np.zeros((5, 7)), np.ones((3, 3)), ["a", "b"])
    with pytest.raises(ValueError, match=r"not of shapes \(5, 7, 2\) and \(1, 3\)"):
        overlays.spectrogram(np.ones((5, 7, 2)), np.ones(3))
    with pytest.raises(ValueError, match=r"weights of shape \(1, 3, 2\) do not fit 2 queries and 3 keys"):
        overlays.token_pairs(np.ones((3, 2)), ["a", "b"], ["a", "b", "c"])
    with pytest.raises(ValueError, match=r"weights of shape \(1, 3\) do not fit 1 candidates and 2 actions"):
        overlays.behaviour(np.ones(3), ["a", "b"])
    for numbers in (np.full((2, 2), np.nan), np.ones((0, 2))):
        with pytest.raises(ValueError, match="empty or not finite"):
            overlays.token_pairs(numbers, ["a", "b"])


def test_without_matplotlib_the_error_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        overlays.behaviour(np.ones(2), ["a", "b"])
