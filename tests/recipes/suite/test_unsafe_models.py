"""A `.keras` file that brings code of its own is refused, and the code does not run."""

import shutil
from pathlib import Path

import keras
from command_line import assert_sentence, heedful

SHIPPED = Path(__file__).parents[3] / "saved_models" / "recommender" / "shop"


def test_code_in_a_keras_file_does_not_run(tmp_path: Path) -> None:
    folder, trace = tmp_path / "model", tmp_path / "trace"
    shutil.copytree(SHIPPED, folder)
    inputs = keras.Input((3,))
    code = f"lambda x: (__import__('pathlib').Path({str(trace)!r}).touch(), x)[1]"
    function = eval(code)
    keras.Model(inputs, keras.layers.Lambda(function, output_shape=(3,))(inputs)).save(folder / "model.keras")
    trace.unlink(missing_ok=True)
    keras.saving.load_model(folder / "model.keras", safe_mode=False)(keras.ops.ones((1, 3)))
    assert trace.exists()  # the file does what it is meant to do
    trace.unlink()
    done = heedful("evaluate", "recommender", "--model", folder, "--data", "sample")
    assert_sentence(done, 2, "model.keras")
    assert not trace.exists()
