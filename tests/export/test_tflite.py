"""`export_tflite` as a user of Keras calls it: a file answers like Keras, and what is refused leaves nothing."""

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from heedful.apps.graph.compiled import Compiled
from heedful.apps.model_file import ModelFile
from heedful.export import ExportError, Signature, export_tflite

if keras.backend.backend() != "tensorflow":
    pytest.skip("the export runs under TensorFlow", allow_module_level=True)

ROWS = np.random.default_rng(0).normal(size=(6, 7)).astype("float32")
MORE = np.random.default_rng(1).normal(size=(3, 7)).astype("float32")


def one_input(outputs):
    x = keras.Input((7,), name="x")
    hidden = keras.layers.Dense(11, activation="relu")(x)
    return keras.Model(x, outputs(hidden))


def single():
    return one_input(keras.layers.Dense(3, name="scores"))


def asked(path, **arrays):
    """One answer of both interfaces, which must be equal."""
    found = ModelFile(path).run("predict", **arrays)
    with Compiled(path.read_bytes()) as compiled:
        for name, value in compiled.run("predict", arrays).items():
            np.testing.assert_array_equal(value, found[name])
    return found


MODELS = {
    "single output": (single, ["output"]),
    "dict": (lambda: one_input(lambda x: {"b": keras.layers.Dense(3)(x), "a": x}), ["b", "a"]),
    "list": (lambda: one_input(lambda x: [keras.layers.Dense(3, name="p")(x), ops.relu(x)]), None),
    "sequential": (lambda: keras.Sequential([keras.Input((7,), name="x"), keras.layers.Dense(3)]), ["output"]),
    "dropout": (lambda: one_input(lambda x: keras.layers.Dropout(0.9)(x)), ["output"]),
}


@pytest.mark.parametrize("kind", MODELS)
def test_models_of_one_input(tmp_path: Path, kind: str) -> None:
    build, names = MODELS[kind]
    model, path = build(), tmp_path / "a.tflite"
    facts = export_tflite(path, model, ROWS)
    assert facts["bytes"] == path.stat().st_size and facts["operators"] and facts["min_runtime"]
    for row in MORE:
        wanted = model(row[None])
        found = asked(path, x=row[None])
        assert names is None or sorted(found) == sorted(names)
        values = list(wanted.values()) if isinstance(wanted, dict) else keras.tree.flatten(wanted)
        keys = list(wanted) if isinstance(wanted, dict) else (names or model.output_names)
        for key, value in zip(keys, values, strict=True):
            np.testing.assert_allclose(found[key], value, atol=1e-5)


def test_several_inputs_labels_card_and_files(tmp_path: Path) -> None:
    inputs = {"left": keras.Input((4,), name="left"), "right": keras.Input((5,), dtype="int32", name="right")}
    right = keras.layers.Flatten()(keras.layers.Embedding(9, 2)(inputs["right"]))
    joined = keras.layers.Concatenate()([inputs["left"], right])
    model, path = keras.Model(inputs, keras.layers.Dense(2)(joined)), tmp_path / "a.tflite"
    random = np.random.default_rng(2)
    examples = {"left": random.normal(size=(5, 4)), "right": random.integers(0, 9, (5, 5))}
    export_tflite(path, model, examples, labels=["no", "yes"], card={"name": "n", "é": 1}, files={"x.bin": b"\0\1"})
    file = ModelFile(path)
    assert file.card == {"quantization": "none", "name": "n", "é": 1}
    assert (file.attachment("labels.txt"), file.attachment("x.bin")) == (b"no\nyes\n", b"\0\1")
    given = {"left": examples["left"][:1].astype("float32"), "right": examples["right"][1:2].astype("int32")}
    np.testing.assert_allclose(asked(path, **given)["output"], model(given), atol=1e-5)


class Asked(keras.Model):
    """Never called: only its signatures use it."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = keras.layers.Dense(3)

    def predict_one(self, x):
        return {"scores": self.dense(x), "largest": ops.max(x, axis=-1)}

    def same(self, x):
        return {"copy": x, "again": x}


def test_signatures_of_a_model_that_is_never_called(tmp_path: Path) -> None:
    """Their order and that of their outputs is kept, and outputs that are inputs get tensors of their own."""
    model, path = Asked(), tmp_path / "a.tflite"
    inputs = {"x": ((1, 7), "float32")}
    signatures = {"predict": Signature(model.predict_one, inputs), "again": Signature(model.same, inputs)}
    rows = [{"x": row[None]} for row in ROWS]
    export_tflite(path, model, {"predict": rows, "again": rows}, signatures=signatures)
    assert list(ModelFile(path).signatures) == ["predict", "again"]
    np.testing.assert_allclose(asked(path, x=MORE[:1])["scores"], model.dense(MORE[:1]), atol=1e-5)
    with Compiled(path.read_bytes()) as compiled:
        for value in compiled.run("again", {"x": MORE[:1]}).values():
            np.testing.assert_array_equal(value, MORE[:1])


@pytest.mark.parametrize("quantize", ["none", "float16", "dynamic", "int8"])
def test_quantizations(tmp_path: Path, quantize: str) -> None:
    keras.utils.set_random_seed(1)
    x = keras.Input((64,), name="x")
    model = keras.Model(x, keras.layers.Dense(5)(keras.layers.Dense(128, activation="relu")(x)))
    rows = np.random.default_rng(3).uniform(-1, 1, (40, 64)).astype("float32")
    path = tmp_path / "a.tflite"
    export_tflite(path, model, rows, quantize=quantize)
    error = np.abs(asked(path, x=rows[:1])["output"] - model(rows[:1])).max()
    assert error < {"none": 1e-5, "float16": 1e-3, "dynamic": 0.03, "int8": 0.06}[quantize]
    assert (quantize == "none") == (path.stat().st_size > 4 * model.count_params())


def dynamic():
    x = keras.Input((None, 7), name="x")
    return keras.Model(x, keras.layers.Dense(2)(x))


def of_type(dtype):
    x = keras.Input((7,), dtype=dtype, name="x")
    return keras.Model(x, keras.layers.Dense(2)(ops.cast(x, "float32")))


def subclassed():
    model = Asked()
    model.dense.build((None, 7))
    return model


WRONG = {
    "no examples": (single, ROWS[:0], {}, "not equally many, or none"),
    "another name": (single, {"y": ROWS}, {}, "takes x, and the examples have y"),
    "another shape": (single, ROWS[:, :5], {}, r"x of the examples is \(6, 5\), and predict takes \(7,\) of each"),
    "labels of another length": (single, ROWS, {"labels": ["a"]}, "1 labels, and output has 3 places"),
    "a label of two lines": (single, ROWS, {"labels": ["a", "b\nc", "d"]}, "label 'b\\\\nc' has more than one line"),
    "unknown quantization": (single, ROWS, {"quantize": "int4"}, "choose one of none, float16, dynamic, int8"),
    "signatures without examples": (
        single, ROWS, {"signatures": {n: Signature(lambda x: {"y": x}, {"x": ((1, 7), "float32")}) for n in "ab"}},
        "examples are needed for each of a, b",
    ),
    "dynamic dimension": (dynamic, np.ones((3, 4, 7), "float32"), {}, "x has the shape .*None.*: give it a fixed size"),
    "int64": (lambda: of_type("int64"), ROWS, {}, "int64"),
    "bool": (lambda: of_type("bool"), ROWS > 0, {}, "bool"),
    "a subclass without signatures": (subclassed, ROWS, {}, "is not a functional model: give its signatures"),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_use_is_one_sentence_and_leaves_nothing(tmp_path: Path, kind: str) -> None:
    build, examples, options, sentence = WRONG[kind]
    with pytest.raises((ValueError, ExportError), match=sentence) as raised:
        export_tflite(tmp_path / "a.tflite", build(), examples, **options)
    assert "\n" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_another_backend_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ExportError, match="under the TensorFlow backend, and this is jax"):
        export_tflite(tmp_path / "a.tflite", single(), ROWS)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere of a\.tflite does not exist"):
        export_tflite(tmp_path / "nowhere" / "a.tflite", single(), ROWS)
