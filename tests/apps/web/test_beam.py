"""The search and the loop over `encode` and `decode_step` beside Python's."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from node_bridge import Bridge

from heedful.apps import decode_step
from heedful.apps.beam import BARRED, END, START, Decoding, search
from heedful.apps.errors import InputError
from heedful.apps.model_file import ModelFile

ROOT = Path(__file__).parents[3]
SIXES = 3
WRITERS = {
    "image_captioning/scenes": ["attention"],
    "text_summarization/reports": ["attention", "copied"],
    "translation/lumo": ["attention", "copied"],
}


def table_of(seed: int, words: int, length: int, ties: bool) -> np.ndarray:
    """Scores `(length, words, SIXES, words)`; few different ones where there are to be ties."""
    random = np.random.default_rng(seed)
    shape = (length, words, SIXES, words)
    table = -random.integers(1, 4, shape) / 2.0 if ties else -random.exponential(2, shape)
    table[..., [0, START, 3]] = BARRED
    return np.ascontiguousarray(table)


def searched(table: np.ndarray, decoding: Decoding) -> Any:
    def step(tokens: np.ndarray, index: int, state: Any) -> Any:
        sixes = state["sixes"] + (tokens == 6)
        told = {"attention": np.stack([tokens + 100 * index, sixes], 1), "copied": tokens / 7}
        return table[index, tokens, np.minimum(sixes, SIXES - 1)], told, {"sixes": sixes}

    (best,) = search(step, {"sixes": np.zeros(1, np.int64)}, 1, decoding)
    return best


def as_given(decoding: Decoding) -> dict[str, Any]:
    return {
        "beam": decoding.beam, "lengthPenalty": decoding.length_penalty, "minWords": decoding.min_words,
        "noRepeatedNgram": decoding.no_repeated_ngram, "maxWords": decoding.max_words,
    }  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1), ties=st.booleans(), words=st.integers(5, 12), beam=st.integers(1, 6),
    penalty=st.sampled_from([0.0, -0.5, 0.6, 1.0, 2.0]), ngram=st.sampled_from([0, 2, 3]), length=st.integers(1, 9),
    least=st.integers(0, 3),
)  # fmt: skip
def test_random_scores(
    node: Bridge, seed: int, ties: bool, words: int, beam: int, penalty: float, ngram: int, length: int, least: int
) -> None:
    decoding = Decoding(beam, penalty, ngram, length, least)
    table = table_of(seed, words, length, ties)
    expected, found = searched(table, decoding), node.call("searched", table, table.shape[1:], as_given(decoding))
    assert found["tokens"] == expected.tokens.tolist()
    assert found["score"] == pytest.approx(expected.score, rel=1e-12)
    told = {name: np.array(of).reshape(len(of), -1) for name, of in found["told"].items()}
    if len(expected.tokens):
        np.testing.assert_array_equal(told["attention"], expected.attention)
        np.testing.assert_array_equal(told["copied"][:, 0], expected.copied)


def test_ties_and_early_ends_are_among_the_random_scores() -> None:
    """Else the test above would say nothing of them."""
    lengths = {len(searched(table_of(seed, 8, 6, True), Decoding(3, 0.6, 0, 6)).tokens) for seed in range(40)}
    assert len(lengths) > 3
    assert len(np.unique(table_of(0, 8, 6, True))) == 4


def test_a_card_that_says_it_wrongly(node: Bridge) -> None:
    how = {"beam": 3, "length_penalty": 0.7, "no_repeated_ngram": 2}
    facts = {"decoding": how, "max_words": 20}
    assert node.call("decoding", facts) == as_given(Decoding.from_facts(facts))
    assert node.call("decoding", facts, 7) == as_given(Decoding.from_facts(facts).with_beam(7))
    wrong = [{"no_repeated_ngram": 1}, {"no_repeated_ngram": -2}, {"min_words": -1}, {"beam": 0}, {"beam": None}]
    for change in wrong:
        with pytest.raises(RuntimeError):
            node.call("decoding", {"decoding": {**how, **change}, "max_words": 20})
    with pytest.raises(RuntimeError):
        node.call("decoding", {"decoding": how})
    with pytest.raises(InputError, match=r"^the beam is 0: give a whole number from 1\.$"):
        node.call("decoding", facts, 0)


def test_not_a_number_is_refused(node: Bridge) -> None:
    table = table_of(0, 6, 3, False)
    table[0, START, 0, 4] = np.nan
    with pytest.raises(RuntimeError, match="NaN"):
        node.call("searched", table, table.shape[1:], as_given(Decoding(2, 0.0, 0, 3)))


def inputs_of(model: ModelFile, seed: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    ((name, (shape, dtype)),) = model.signatures["encode"]["inputs"].items()
    if dtype == "uint8":
        coarse = random.integers(0, 256, (7, 7, 3)).astype(np.uint8)
        return {name: np.repeat(np.repeat(coarse, shape[1] // 7, 0), shape[2] // 7, 1)[None]}
    ids = random.integers(3, 259, shape).astype(np.int32)
    ids[0, int(random.integers(4, shape[1])) :] = 0
    return {name: ids}


@pytest.mark.parametrize("beam", [None, 1, 2])
@pytest.mark.parametrize("name", WRITERS)
def test_what_the_shipped_models_write(node: Bridge, name: str, beam: int | None) -> None:
    """Made-up inputs, so that there are near ties as well; the sentences of the sample are in `test_texts.py`."""
    path = ROOT / "saved_models" / name / "model.tflite"
    model, told = ModelFile(path), WRITERS[name]
    decoding = Decoding.from_facts(model.facts).with_beam(beam)
    lengths = set()
    for seed in range(6):
        inputs = inputs_of(model, seed)
        expected = decode_step.written(model, inputs, decoding, told)
        found = node.call("written", str(path), inputs, model.facts, beam, told)
        assert found["tokens"] == expected.tokens.tolist()
        assert found["sofar"][0] and END not in found["tokens"]
        lengths.add(len(found["tokens"]))
        if decoding.beam == 1:
            assert found["score"] is None
            assert [len(tokens) for tokens in found["sofar"]][: len(found["tokens"])] == list(
                range(1, len(found["tokens"]) + 1)
            )
        else:
            assert found["score"] == pytest.approx(expected.score, abs=1e-4)
        np.testing.assert_allclose(np.array(found["told"]["attention"]), expected.attention, atol=1e-4)
    assert lengths != {0}


def test_it_can_be_stopped(node: Bridge) -> None:
    path = ROOT / "saved_models/translation/lumo/model.tflite"
    model = ModelFile(path)
    with pytest.raises(RuntimeError, match="stopped"):
        node.call("written", str(path), inputs_of(model, 1), model.facts, None, ["attention"], 1)
