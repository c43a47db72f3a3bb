"""From a sentence to its translation with a tiny model of known formulas."""

import json

import numpy as np
import pytest
import summarization_models as tiny

from heedful.apps import translation
from heedful.apps.errors import InputError
from heedful.apps.model_file import attach
from heedful.apps.run import run
from heedful.apps.tokenizer import Tokenizer
from heedful.apps.translation import ask, describe, load, run_one

pytest.importorskip("ai_edge_litert")

SENTENCE = "The mayor of Łódź said: 12 trains"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    card = {**tiny.CARD, "recipe": "translation"}
    files = {"card.json": json.dumps(card).encode(), "tokenizer.json": json.dumps(tiny.TOKENIZER).encode()}
    path = tmp_path_factory.mktemp("models") / "model.tflite"
    path.write_bytes(attach(tiny.graph(), files))
    return path


def test_greedy_is_that_of_the_formulas_with_a_map_over_what_was_read(path):
    tokenizer = Tokenizer.from_json(json.dumps(tiny.TOKENIZER))
    ids = tokenizer.encode(SENTENCE, tiny.SOURCE)
    tokens, attention, copied = tiny.greedy(np.array(ids + [0] * (tiny.SOURCE - len(ids)), np.int32))
    answer = ask(load(path), SENTENCE, beam=1)
    assert answer.text == tokenizer.decode(tokens) and answer.beam == 1 and answer.score is None
    np.testing.assert_allclose(answer.attention, attention[:, : len(ids)], atol=1e-5)
    np.testing.assert_allclose(answer.copied, copied, atol=1e-5)


def test_run_gives_stable_json_and_a_picture(path, tmp_path):
    pytest.importorskip("matplotlib")
    (result,) = run(translation, [SENTENCE], path, tmp_path / "seen.png")
    keys = ["text", "translation", "pieces", "source", "read", "tokens", "score", "beam", "picture"]
    assert list(result) == keys and json.loads(json.dumps(result)) == result
    assert (result["text"], result["beam"]) == (SENTENCE, tiny.DECODING["beam"])
    answer = ask(load(path), SENTENCE)
    assert result["translation"] == answer.text
    for entry, looked in zip(result["pieces"], answer.attention, strict=True):
        np.testing.assert_allclose(entry["attention"], looked, atol=6e-5)
    start, end = result["source"][0]
    assert SENTENCE.startswith(SENTENCE[start:end]) and result["read"] == len(result["source"]) == result["tokens"]
    assert (tmp_path / "seen.png").read_bytes().startswith(b"\x89PNG")


def test_the_answer_in_lines():
    assert describe({"translation": "It rains.", "read": 5, "tokens": 5}) == "It rains."
    assert describe({"translation": "", "read": 5, "tokens": 5}) == "(no words)"
    assert "read the beginning only, 50 % of the 10 in" in describe({"translation": "It", "read": 5, "tokens": 10})


def test_a_long_text_is_read_from_its_beginning(path):
    result = run_one(load(path), "the mayor said 1 " * 50_000, beam=1)
    assert result["read"] == tiny.SOURCE and result["tokens"] > 150_000


@pytest.mark.parametrize("text", ["", " \n\t", "\x07\x1b"], ids=repr)
def test_nothing_to_translate_is_one_sentence(path, text):
    with pytest.raises(InputError, match=r"^the sentence is empty: give what is to be translated\.$"):
        run_one(load(path), text)


def test_a_model_of_something_else_is_one_sentence(tmp_path):
    (tmp_path / "other.tflite").write_bytes(tiny.content())
    with pytest.raises(InputError, match="is a model of text_summarization, not of translation"):
        load(tmp_path / "other.tflite")


def test_a_file_is_read_and_one_that_is_not_there_is_named(path, tmp_path):
    (tmp_path / "said.de").write_text(SENTENCE, encoding="utf-8")
    result = run_one(load(path), str(tmp_path / "said.de"), beam=1)
    assert result["translation"] == ask(load(path), SENTENCE, beam=1).text and result["text"].endswith("said.de")
    with pytest.raises(InputError, match=r"none\.txt does not exist"):
        run_one(load(path), str(tmp_path / "none.txt"))
