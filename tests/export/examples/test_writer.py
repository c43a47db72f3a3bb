"""The writer, trained for seconds: its file writes what it never saw in reverse, and looks where the digits are."""

from pathlib import Path

import keras
import numpy as np
import pytest

from heedful.apps.graph.compiled import Compiled
from heedful.apps.model_file import ModelFile

if keras.backend.backend() != "tensorflow":
    pytest.skip("the export runs under TensorFlow", allow_module_level=True)

from heedful.export.examples import writer as example


@pytest.mark.long
def test_the_file_writes_in_reverse_and_looks_where_the_digits_are(tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    model, path = example.run(tmp_path / "reverse.tflite"), tmp_path / "reverse.tflite"
    digits = np.random.default_rng(1).integers(example.FIRST, example.WORDS, (40, example.DIGITS)).astype("int32")
    file, right, places = ModelFile(path), 0, 0
    with Compiled(path.read_bytes()) as compiled:
        for source in digits[:, None]:
            answer = file.run("generate", source=source)
            right += answer["tokens"][0].tolist() == [*source[0, ::-1], 0] and answer["length"].tolist() == [5]
            places += (answer["attention"][0, :5].argmax(axis=-1) == [4, 3, 2, 1, 0]).sum()
            for name, value in compiled.run("generate", {"source": source}).items():
                np.testing.assert_array_equal(value, answer[name])
    # By Keras, all at once, each token after the true ones.
    before = np.insert(digits[:, ::-1], 0, example.START, axis=1)
    assert right >= 36 and places >= 180
    assert (np.argmax(model((digits, before)), axis=-1)[:, :5] == digits[:, ::-1]).mean() > 0.95


def test_it_is_short() -> None:
    assert len(Path(example.__file__).read_text(encoding="utf-8").splitlines()) < 60
