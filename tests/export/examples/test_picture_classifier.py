"""The classifier of `keras.applications` as a file: it answers like Keras, and tells where it looked."""

from pathlib import Path

import keras
import numpy as np
import pytest

from heedful.apps.graph.compiled import Compiled
from heedful.apps.model_file import ModelFile

if keras.backend.backend() != "tensorflow":
    pytest.skip("the export runs under TensorFlow", allow_module_level=True)

from heedful.export.examples import picture_classifier as example


@pytest.mark.long
def test_the_file_answers_like_keras_in_both_interfaces(tmp_path: Path) -> None:
    keras.utils.set_random_seed(3)
    path = tmp_path / "pets.tflite"
    model, facts = example.run(path)
    assert facts["bytes"] == path.stat().st_size > 3.5 * model.count_params()
    file = ModelFile(path)
    assert file.attachment("labels.txt") == b"cat\ndog\nneither\n" and file.card["name"] == "pets"
    assert list(file.signatures["predict"]["inputs"]) == ["picture"]
    with Compiled(path.read_bytes()) as compiled:
        for picture in example.pictures(3, seed=9):
            wanted, found = model(picture[None]), file.run("predict", picture=picture[None])
            for name, value in compiled.run("predict", {"picture": picture[None]}).items():
                np.testing.assert_array_equal(value, found[name])
                np.testing.assert_allclose(value, wanted[name], atol=1e-5)
            assert found["attention"].shape == (1, 3, 3)
            np.testing.assert_allclose(found["attention"].sum(), 1, atol=1e-5)


def test_it_is_short() -> None:
    assert len(Path(example.__file__).read_text(encoding="utf-8").splitlines()) < 60
