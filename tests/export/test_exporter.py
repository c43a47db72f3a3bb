"""The export refuses every file that would not do what the model does, and says why."""

import keras
import numpy as np
import pytest

from heedful.apps.graph import flatbuffer
from heedful.export.errors import ExportError
from heedful.export.exporter import Exporter
from heedful.export.latency import latency_ms
from heedful.export.signature import Signature
from heedful.export.verification import check_outputs, check_rules, check_size, interpreter
from heedful.layers import Attention

if keras.backend.backend() != "tensorflow":
    pytest.skip("the export runs under TensorFlow", allow_module_level=True)
tf = pytest.importorskip("tensorflow")

FEATURES, UNITS = 7, 211


def small_model():
    inputs = keras.Input((FEATURES,), name="x")
    hidden = keras.layers.Dense(UNITS, activation="relu")(inputs)
    return keras.Model(inputs, {"y": keras.layers.Dense(3)(hidden)})


def signatures(function, shape=(1, FEATURES), dtype="float32"):
    return {"ask": Signature(function, {"x": (shape, dtype)})}


@pytest.fixture(scope="module")
def examples():
    rng = np.random.default_rng(5)
    return {"ask": [{"x": rng.normal(size=(1, FEATURES)).astype("float32")} for _ in range(3)]}


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(1)
    return small_model()


@pytest.fixture(scope="module")
def content(model, examples):
    return Exporter(model, signatures(model), examples).export()


def test_a_sound_model_gives_a_file_that_answers_like_keras(model, content, examples):
    runner = interpreter(content).get_signature_runner("ask")
    for row in examples["ask"]:
        np.testing.assert_allclose(runner(**row)["y"], model(row["x"])["y"], atol=1e-5)


def test_int8_of_a_loop_is_refused_before_tflite_ends_the_process(examples):
    given = keras.Input((FEATURES, 1))
    looping = keras.Model(given, Attention("additive", chunk_size=2)(given, given))
    function = lambda x: {"y": looping(tf.expand_dims(x, -1))}  # noqa: E731
    exporter = Exporter(looping, signatures(function), examples)
    with pytest.raises(ExportError, match="chunk_size=None"):
        exporter.export("int8")
    np.testing.assert_allclose(
        interpreter(exporter.export()).get_signature_runner("ask")(**examples["ask"][0])["y"],
        function(examples["ask"][0]["x"])["y"],
        atol=1e-5,
    )


def test_nan_weight_is_refused(examples):
    broken = small_model()
    kernel = broken.layers[1].kernel
    kernel.assign(np.where(np.arange(UNITS) == 5, np.nan, keras.ops.convert_to_numpy(kernel)))
    with pytest.raises(ExportError, match=r"kernel.*NaN"):
        Exporter(broken, signatures(broken), examples)


def test_flex_operator_is_refused_by_name(model, examples):
    def flex(x):
        return {"y": tf.linalg.det(tf.ones((1, 3, 3)) * model(x)["y"])}

    exporter = Exporter(model, signatures(flex), examples)
    with pytest.raises(ExportError, match=r"builtin operators.*MatrixDeterminant"):
        exporter.export()


def test_custom_operator_in_a_finished_file_is_refused(model, tmp_path):
    """A file converted with select-TensorFlow operators loads nowhere but in a runtime that carries TensorFlow."""
    function = tf.function(lambda x: {"y": tf.linalg.det(x)}, input_signature=[tf.TensorSpec((3, 3))])
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]
    with pytest.raises(ExportError, match=r"stock runtime.*FlexMatrixDeterminant"):
        check_rules(converter.convert(), "serving_default")


def test_lost_weights_are_refused(model, examples):
    """The well-known bad route: a concrete function whose Keras variables nothing tracks."""
    function = tf.function(lambda x: model(x), input_signature=[tf.TensorSpec((1, FEATURES), name="x")])
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()], model)
    content = converter.convert()
    with pytest.raises(ExportError, match="weights"):
        check_rules(content, "serving_default")
    with pytest.raises(ExportError, match="weights are missing"):
        check_size(content, model.count_params(), "none")


def test_wrong_answers_are_refused(content, examples):
    wrong = {"ask": [{"y": np.full((1, 3), 7.0, "float32")} for _ in examples["ask"]]}
    with pytest.raises(ExportError, match="differs from Keras by"):
        check_outputs(content, examples, wrong, "none")


def test_answers_that_are_not_finite_are_refused(model):
    exporter = Exporter(model, signatures(model), {"ask": [{"x": np.full((1, FEATURES), np.inf, "float32")}]})
    with pytest.raises(ExportError, match="not finite"):
        exporter.export()


@pytest.mark.parametrize(
    ("shape", "dtype"), [((None, FEATURES), "float32"), ((1, FEATURES), "int64")], ids=["dynamic batch", "int64"]
)
def test_borders_that_a_browser_refuses_are_refused(model, shape, dtype):
    rows = {"ask": [{"x": np.ones((1, FEATURES), dtype)}]}
    ask = signatures(lambda x: model(tf.cast(x, "float32")), shape, dtype)
    with pytest.raises(ExportError, match="not of static shape"):
        Exporter(model, ask, rows).export()


def test_operators_of_loop_bodies_are_counted():
    function = tf.function(
        lambda x: {"y": tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, tf.exp(y)), (0, x))[1]},
        input_signature=[tf.TensorSpec((5,))],
    )
    found = flatbuffer.operators_of(
        tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()]).convert()
    )
    assert found["WHILE"] == 1 and found["EXP"] == 1


def test_latency_is_that_of_the_signature(content, examples):
    assert 0 < latency_ms(content, "ask", examples["ask"], runs=5) < 1000
