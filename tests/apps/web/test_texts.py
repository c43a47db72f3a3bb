"""Whole answers of the shipped float32 models for texts of the samples, in Node as in Python."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from node_bridge import Bridge
from test_tokenizers import TEXTS, code_points

from heedful.apps.calibration import tempered
from heedful.apps.errors import InputError
from heedful.apps.loaded import Loaded, load
from heedful.apps.look_picture import together
from heedful.apps.model_file import CARD, attach, split
from heedful.apps.rewriter import texts as parts_of
from heedful.apps.rewritten import words
from heedful.apps.text_classification.app import run_one as run_classifier
from heedful.recipes.text_classification.sample.questions import questions
from heedful.recipes.text_summarization.sample.reports import report
from heedful.recipes.translation.sample.grammar import sentence

ROOT = Path(__file__).parents[3] / "saved_models"
PATHS = {
    "summaries": ROOT / "text_summarization/reports/model.tflite",
    "translations": ROOT / "translation/lumo/model.tflite",
    "intents": ROOT / "text_classification/intents/model.tflite",
}
FAMILIAR = "why was my card declined at the grocery store"
HARD = [text for text in TEXTS if text.strip()]


def reports(count: int) -> list[str]:
    return [report("test", number)[0] for number in range(count)]


def sentences(count: int) -> list[str]:
    random = np.random.default_rng(5)
    return [sentence(random)[0] for _ in range(count)]


def asked(count: int) -> list[str]:
    found = questions().splits["test"]
    return [row["text"] for row in found[:: max(1, len(found) // count)]]


GIVEN = {
    "summaries": [*reports(10), *HARD, " ".join(reports(3)), "Ada\nMcKay wins in Oslo. " * 3],
    "translations": [*sentences(30), *HARD, " ".join(sentences(6))],
}


@pytest.fixture(scope="module")
def models() -> dict[str, Loaded]:
    return {name: load(path) for name, path in PATHS.items()}


def check_places(text: str, found: list[list[int]], expected: list[list[int]]) -> None:
    numbers = code_points(text)
    assert [[numbers[start], numbers[end]] for start, end in found] == expected


@pytest.mark.parametrize("name", GIVEN)
def test_the_look_of_words_is_that_of_the_pictures(node: Bridge, models: dict[str, Loaded], name: str) -> None:
    model = models[name].model
    for text in GIVEN[name][::4]:
        answer = models[name](text, beam=1)
        words_of, columns, looked, copied = together(parts_of(text, model.tokenizer.pieces(text, model.source)), answer)
        found = node.call("looks", node.call("ask", str(PATHS[name]), {"text": text, "beam": 1})["answer"], text)
        assert (found["words"], found["source"]) == (words_of, columns)
        np.testing.assert_allclose(found["copied"], copied, atol=1e-4)
        np.testing.assert_allclose(np.array(found["looked"]).reshape(looked.shape), looked, atol=1e-4)
        if looked.size:
            np.testing.assert_allclose(found["overall"], looked.mean(axis=0), atol=1e-4)
            assert [row[0] for row in found["strongest"]] == looked.argmax(axis=1).tolist()


@pytest.mark.parametrize("beam", [None, 1])
@pytest.mark.parametrize("name", GIVEN)
def test_what_is_written_of_a_text(node: Bridge, models: dict[str, Loaded], name: str, beam: int | None) -> None:
    """Words, capitals, copied words, places and how much was read."""
    model, streamed = models[name].model, 0
    for text in GIVEN[name]:
        expected = models[name](text, beam=beam)
        told = model.told(text, expected)
        reply = node.call("ask", str(PATHS[name]), {"text": text, "beam": beam})
        found: dict[str, Any] = reply["answer"]
        assert (found["text"], found["pieces"]) == (expected.text, [*expected.pieces]), text
        assert (found["beam"], found["read"], found["tokens"]) == (expected.beam, told["read"], told["tokens"])
        assert found["words"] == [[word.start, word.stop] for word in words(expected.pieces)]
        source = parts_of(text, model.tokenizer.pieces(text, model.source))
        assert found["sourceWords"] == [[word.start, word.stop] for word in words(source)]
        check_places(text, found["source"], told["source"])
        np.testing.assert_allclose(found["copied"], expected.copied, atol=1e-4)
        assert len(found["attention"]) == len(expected.attention)
        for mine, theirs in zip(found["attention"], expected.attention, strict=True):
            np.testing.assert_allclose(mine, theirs, atol=1e-4)
        if expected.score is None:
            assert found["score"] is None
        else:
            assert found["score"] == pytest.approx(expected.score, abs=1e-4)
        parts = reply["parts"]
        streamed += len(parts)
        assert parts and all(part["source"] == found["source"] for part in parts)
        if beam == 1:
            assert [len(part["pieces"]) for part in parts] == sorted(len(part["pieces"]) for part in parts)
            assert parts[-1]["text"] == found["text"]
    assert streamed > 5 * len(GIVEN[name])


def test_intents(node: Bridge, models: dict[str, Loaded]) -> None:
    """Labels, calibrated probabilities, and the words that say so."""
    model, path, labels = models["intents"].model, str(PATHS["intents"]), set()
    assert node.call("about", path) == {
        "labels": model.labels, "outside": model.outside, "length": model.length, "threshold": model.point["threshold"],
    }  # fmt: skip
    for text in [FAMILIAR, *asked(120), *HARD, f"{FAMILIAR} " * 4]:
        expected = models["intents"](text)
        result, found = run_classifier(model, text), node.call("ask", path, {"text": text})["answer"]
        labels.add(expected.label)
        assert found["label"] == expected.label, text
        assert [label for label, _ in found["top"]] == [label for label, _ in expected.top]
        np.testing.assert_allclose(
            [value for _, value in found["top"]], [value for _, value in expected.top], atol=1e-4
        )
        np.testing.assert_allclose(found["probabilities"], expected.probabilities, atol=1e-4)
        assert [word for word, _ in found["words"]] == [word for word, _ in expected.words]
        np.testing.assert_allclose(
            [share for _, share in found["words"]], [share for _, share in expected.words], atol=1e-4
        )
        for mine, theirs in zip(found["attention"], expected.attention, strict=True):
            np.testing.assert_allclose(mine, theirs, atol=1e-4)
        assert (found["read"], found["tokens"]) == (result["read"], result["tokens"])
    assert None in labels and len(labels) > 10


EMPTY = {"summaries": "the text is empty", "translations": "the sentence is empty", "intents": "the text is empty"}


@pytest.mark.parametrize("name", EMPTY)
def test_nothing_is_refused(node: Bridge, name: str) -> None:
    for text in ("", " \n\t ", "\x00\x01"):
        with pytest.raises(InputError, match=EMPTY[name]):
            node.call("ask", str(PATHS[name]), {"text": text})


def test_a_wrong_beam_is_refused(node: Bridge) -> None:
    with pytest.raises(InputError, match="the beam is 0: give a whole number from 1"):
        node.call("ask", str(PATHS["translations"]), {"text": "La mirra", "beam": 0})


def test_a_file_of_another_recipe_or_a_card_that_does_not_fit(node: Bridge, tmp_path: Path) -> None:
    content = PATHS["translations"].read_bytes()
    card = json.loads(split(content)[1][CARD])
    changes: dict[str, dict[str, bytes]] = {
        "does not fit its graph": {CARD: json.dumps({**card, "facts": {**card["facts"], "max_source": 25}}).encode()},
        "carries a damaged tokenizer.json": {"tokenizer.json": b"{}"},
        "has no page here": {CARD: json.dumps({**card, "recipe": "cooking"}).encode()},
    }
    for number, (said, files) in enumerate(changes.items()):
        path = tmp_path / f"{number}.tflite"
        path.write_bytes(attach(content, files))
        with pytest.raises(InputError, match=said):
            node.call("about", str(path))


def test_probabilities_of_a_temperature(node: Bridge) -> None:
    random = np.random.default_rng(2)
    for temperature in (0.3, 1.0, 2.5):
        given = random.dirichlet(np.full(50, 0.1)).astype(np.float32)
        np.testing.assert_allclose(node.call("tempered", given, temperature), tempered(given, temperature), rtol=1e-12)
