"""The picture of a confusion matrix is whole, whatever the number of labels and their names."""

import numpy as np
import pytest

from heedful.apps.pictures import DPI
from heedful.recipes.shared.scoring.classification import confusion_matrix, measure
from heedful.recipes.shared.scoring.confusion_picture import MOST, confusion_picture


@pytest.mark.parametrize("size", [2, 7, 36, 61])
def test_it_is_drawn_whole(tmp_path, size):
    image = pytest.importorskip("matplotlib.image")
    confusion = np.eye(size, dtype=int) * 137 + np.eye(size, k=1, dtype=int)
    targets, predicted = (np.repeat(side, confusion[confusion > 0]) for side in np.nonzero(confusion))
    labels = [f"${number}$" for number in range(size)]  # no formula
    metrics = {"split": "test", **measure(targets, predicted, labels, 0, "texts")}
    assert confusion_matrix(metrics).tolist() == confusion.tolist()
    path = confusion_picture(metrics, tmp_path / "confusion.png", "texts")
    assert list(tmp_path.iterdir()) == [path]
    pixels = image.imread(path)[..., :3]
    assert min(pixels.shape[:2]) > 2 * DPI
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert (edge == 1).all()  # nothing runs out of the picture
    # the cells of the diagonal, without their numbers
    dark = ((pixels[..., 2] > 0.3) & (pixels[..., 0] < 0.2)).sum()
    cell, drawn = DPI * (0.33 if size > 20 else 0.46), min(size, MOST)
    assert 0.5 * drawn * cell**2 < dark < 1.1 * drawn * cell**2
