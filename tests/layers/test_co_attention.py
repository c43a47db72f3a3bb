"""`CoAttention` with heads and projections against its formula in float64 NumPy; `test_fusion` has it without them."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from attention_reference import gradient, normalize, numpy, project
from attention_reference import score as score_reference
from test_fusion import FIRST_MASK, FIRST_WIDTH, MASKS, SECOND_MASK, SECOND_WIDTH, randomized, sequences, with_nan

from heedful.layers import AdditiveScore, Chunked, CoAttention, DotProductScore

HEADS, KEY_DIM, VALUE_DIM = 2, 5, 17
SEVERAL: dict[str, Any] = {"num_heads": HEADS, "key_dim": KEY_DIM}
OPTIONS: dict[str, dict[str, Any]] = {
    "heads": SEVERAL,
    "widths": {**SEVERAL, "value_dim": VALUE_DIM, "output_dim": 19},
    "one_head": {"key_dim": KEY_DIM},
    "values_alone": {"value_dim": VALUE_DIM},
    "output_alone": {"output_dim": 19},
}
SCORES = {
    "dot_product": DotProductScore,
    "additive": lambda: AdditiveScore(13),
    "chunked": lambda: Chunked(AdditiveScore(13), 2),
}


def formula(layer: CoAttention, normalizer: str, mask: Any) -> list[np.ndarray]:
    """As GLIP (Li et al. 2022): `O P^T` of the projections, read both ways, and what was read projected."""
    everyone = (np.ones_like(FIRST_MASK), np.ones_like(SECOND_MASK))
    there = [one if m is None else m for one, m in zip(everyone, mask or (None, None), strict=True)]
    results = []
    for *pair, rows, columns in zip(*sequences(), *there, strict=True):
        allowed, read = np.logical_and.outer(rows, columns), ([], [])
        for head in range(layer.num_heads):
            asking, keys = (project(d, x, head) for d, x in zip(layer.denses, pair, strict=True))
            values = [project(d, x, head) for d, x in zip(layer.value_denses, pair, strict=True)]
            affinity = score_reference(layer.score, asking, keys)
            for way, (a, m) in enumerate(((affinity, allowed), (affinity.T, allowed.T))):
                weights = np.array([normalize(normalizer, *row) for row in zip(a, m, strict=True)])
                read[way].append((weights @ values[1 - way], weights))
        contexts = []
        for way, dense in enumerate(layer.output_denses):
            context = np.stack([one for one, _ in read[way]])  # (heads, T, width)
            if dense is not None:
                context = np.einsum("htv,hvo->to", context, numpy(dense.kernel)) + numpy(dense.bias)
                context[~(allowed, allowed.T)[way].any(-1)] = 0.0
            contexts.append(context if dense is not None else context[0])
        results.append((*contexts, *(np.stack([weights for _, weights in read[way]]) for way in (0, 1))))
    return [np.array(result) for result in zip(*results, strict=True)]


@pytest.mark.parametrize("mask", [None, MASKS["both"], MASKS["second"]], ids=["all", "both", "second"])
@pytest.mark.parametrize(("score", "normalizer"), [("dot_product", "softmax"), ("additive", "entmax15")])
@pytest.mark.parametrize("options", [OPTIONS["heads"], OPTIONS["widths"], OPTIONS["one_head"]], ids=str)
def test_heads_are_the_formula(options: dict[str, Any], score: str, normalizer: str, mask: Any) -> None:
    layer = randomized(CoAttention(SCORES[score](), normalizer, **options), sequences())
    found = layer(sequences(), mask=mask, return_attention_scores=True)
    for tensor, wanted in zip(found, formula(layer, normalizer, mask), strict=True):
        assert tuple(tensor.shape) == wanted.shape
        np.testing.assert_allclose(numpy(tensor), wanted, atol=2e-5)
    for without, context in zip(layer(sequences(), mask=mask), found[:2], strict=True):
        np.testing.assert_array_equal(numpy(without), numpy(context))


@pytest.mark.parametrize("name", ["values_alone", "output_alone"])
def test_projections_without_heads_are_the_formula(name: str) -> None:
    layer = randomized(CoAttention(AdditiveScore(13), **OPTIONS[name]), sequences())
    found = layer(sequences(), mask=MASKS["both"], return_attention_scores=True)
    for tensor, wanted in zip(found, formula(layer, "softmax", MASKS["both"]), strict=True):
        np.testing.assert_allclose(numpy(tensor), wanted, atol=2e-5)


def test_masked_steps_of_heads_may_hold_anything() -> None:
    mask = MASKS["both"]
    layer = randomized(CoAttention("additive", **SEVERAL), sequences())
    clean = layer(sequences(), mask=mask, return_attention_scores=True)
    first, second = with_nan(sequences(), mask)
    for tensor, other in zip(clean, layer([first, second], mask=mask, return_attention_scores=True), strict=True):
        np.testing.assert_array_equal(numpy(tensor), numpy(other))
    slope = gradient(lambda x: keras.ops.sum(keras.ops.square(layer([x, second], mask=mask)[1])), first)
    assert np.isfinite(slope).all() and not slope[~FIRST_MASK].any() and slope[0, :2].all()


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("name", OPTIONS)
def test_keras_file_comes_back_the_same_with_the_shapes_it_promises(name: str, score: str, tmp_path: Path) -> None:
    if score == "dot_product" and "key_dim" not in OPTIONS[name]:
        pytest.skip("the two widths are not one")
    symbolic = [keras.Input((None, FIRST_WIDTH)), keras.Input((None, SECOND_WIDTH))]
    layer = CoAttention(SCORES[score](), dropout=0.3, seed=2, **OPTIONS[name])
    model = keras.Model(symbolic, layer(symbolic, return_attention_scores=True))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    for before, after, promised in zip(model(sequences()), loaded(sequences()), model.outputs, strict=True):
        np.testing.assert_array_equal(numpy(before), numpy(after))
        assert all(size in (None, real) for size, real in zip(promised.shape, before.shape, strict=True))
    assert all(loaded.layers[-1].get_config()[key] == value for key, value in OPTIONS[name].items())


def test_a_configuration_from_before_there_were_heads_makes_the_same_layer() -> None:
    config = CoAttention(AdditiveScore(13), "sparsemax", 0.1, 3).get_config()
    old = {key: config[key] for key in ("name", "score", "normalizer", "dropout", "seed")}
    assert CoAttention.from_config(old).get_config() == config


def test_every_weight_of_heads_learns_and_mixed_precision_has_float32_weights() -> None:
    layer = CoAttention("general", dtype="mixed_float16", **SEVERAL)
    symbolic = [keras.Input(x.shape[1:]) for x in sequences()]
    model = keras.Model(symbolic, layer(symbolic))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    before = [numpy(weight) for weight in layer.trainable_weights]
    model.train_on_batch(sequences(), [np.ones((2, 3, FIRST_WIDTH)), np.ones((2, 5, SECOND_WIDTH))])
    for weight, old in zip(layer.trainable_weights, before, strict=True):
        assert (numpy(weight) != old).any(), weight.path
    results = layer([100 * x for x in sequences()], mask=MASKS["both"], return_attention_scores=True)
    dtypes = [keras.backend.standardize_dtype(x.dtype) for x in results]
    assert dtypes == ["float16", "float16", "float32", "float32"]
    assert all(np.isfinite(numpy(x)).all() for x in results)


def test_heads_without_a_width_are_refused() -> None:
    with pytest.raises(ValueError, match="2 heads need a key_dim"):
        CoAttention(num_heads=2)
    with pytest.raises(ValueError, match="value_dim of CoAttention must be at least 1"):
        CoAttention(value_dim=0)
