"""What the bars say is what the metrics hold."""

import pytest

from heedful.apps.pictures import figure
from heedful.recipes.shared.scoring import bars_picture as module
from heedful.recipes.shared.scoring.bars_picture import Panel, bars_picture

ROWS = {
    "model": {"f1": 0.75, "cost": 3.0, "intervals": {"f1": [0.5, 0.875], "cost": None}},
    "trivial": {"f1": 0.25, "cost": 1.0},
}


@pytest.mark.parametrize(("units", "shared"), [(("percent", ""), False), (("points", "points"), True)])
def test_bars_whiskers_and_axes(tmp_path, monkeypatch, units, shared):
    pytest.importorskip("matplotlib")
    kept = []
    monkeypatch.setattr(module, "figure", lambda *size: kept.append(figure(*size)) or kept[0])
    panels = [Panel({"f1": "F1"}, units[0], 100), Panel({"cost": "cost"}, units[1], written=".1f", label="below")]
    path = bars_picture(tmp_path / "bars.png", "title", panels, ROWS)
    assert path.read_bytes().startswith(b"\x89PNG") and list(tmp_path.iterdir()) == [path]
    first, second = kept[0].axes
    assert [bar.get_height() for bar in first.patches] == [75, 25]
    assert [bar.get_height() for bar in second.patches] == [3, 1]
    (whisker,) = first.collections  # of the one interval there is
    assert whisker.get_segments()[0][:, 1].tolist() == [50, 87.5] and not second.collections
    assert [text.get_text() for text in second.texts] == ["3.0", "1.0"] and not first.texts
    assert (first.get_ylim() == second.get_ylim()) == shared
    assert second.get_ylabel() == ("" if shared else units[1]) and second.get_xlabel() == "below"
    assert [text.get_text() for text in kept[0].legends[0].get_texts()] == list(ROWS)
