"""From a text to its summary with a tiny model of known formulas."""

import json
import time

import captioning_models
import numpy as np
import pytest
import summarization_models as tiny
from summarization_models import LENGTH, SOURCE, TOKENIZER, WORDS

from heedful.apps.beam import Decoding, Written, search
from heedful.apps.errors import InputError
from heedful.apps.model_file import ModelFile, attach
from heedful.apps.rewriter import texts
from heedful.apps.text_summarization import Summarizer, describe, run_one, said, summarize
from heedful.apps.tokenizer import Tokenizer

pytest.importorskip("ai_edge_litert")

TEXTS = [
    "The mayor said that trains were late.",
    "Rain",
    "Rain and wind in Oslo: the trains, said the mayor, were late again and again on Monday",
    "Züge zu spät in Köln",
    "ΣΊΣΥΦΟΣ ο δήμαρχος",
    "שלום עולם, 12 345",
    "😀😀 市長は列車が遅れた",
    "1234567890",
    "a\x1bb\x07 c\u202e d\r\n\r\n\te",
    "मेयर of Łódź سعيد",
]


@pytest.fixture(scope="module")
def model():
    return Summarizer(ModelFile.from_bytes(tiny.content(), "tiny.tflite"))


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.from_json(json.dumps(TOKENIZER))


def expected(ids, decoding):
    """The search over the formulas."""

    def step(tokens, index, state):
        rows = [tiny.step(token, index, ids, row) for token, row in zip(tokens, state["read"], strict=True)]
        scores, attention, copied, read = map(np.stack, zip(*rows, strict=True))
        return scores, {"attention": attention, "copied": copied}, {"read": read}

    return search(step, {"read": np.zeros((1, WORDS))}, 1, decoding)[0]


def padded(tokenizer, text):
    ids = tokenizer.encode(text)[:SOURCE]
    return np.array(ids + [0] * (SOURCE - len(ids)), np.int32)


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_greedy_and_beams_are_those_of_the_formulas(model, tokenizer, text):
    ids = padded(tokenizer, text)
    count = int((ids > 0).sum())
    tokens, attention, copied = tiny.greedy(ids)
    answer = summarize(model, text, beam=1)
    assert (answer.text.lower(), answer.score, answer.beam) == (tokenizer.decode(tokens).lower(), None, 1)
    assert len(answer.pieces) == len(tokens) and answer.attention.shape == (len(tokens), count)
    np.testing.assert_allclose(answer.attention, attention[:, :count], atol=1e-5)
    np.testing.assert_allclose(answer.copied, copied, atol=1e-5)
    for beam in (None, 2):
        answer, best = summarize(model, text, beam), expected(ids, Decoding(beam or 3, 0.7, 0, LENGTH, 1))
        assert answer.text.lower() == tokenizer.decode(best.tokens.tolist()).lower()
        assert answer.score == pytest.approx(best.score, abs=1e-4) and answer.beam == (beam or 3)
        np.testing.assert_allclose(answer.attention, best.attention[:, :count], atol=1e-5)
        assert best.copied is not None
        np.testing.assert_allclose(answer.copied, best.copied, atol=1e-5)


def test_the_texts_of_these_tests_differ(tokenizer):
    lengths = [len(tiny.greedy(padded(tokenizer, text))[0]) for text in TEXTS]
    assert len(set(lengths)) >= 2
    wide = [expected(padded(tokenizer, text), Decoding(3, 0.7, 0, LENGTH, 1)).tokens.tolist() for text in TEXTS]
    assert sum(tiny.greedy(padded(tokenizer, text))[0] != best for text, best in zip(TEXTS, wide, strict=True)) >= 2


def test_what_is_said(tokenizer):
    """Upper case comes from what was read only; pieces are what they say, of a character its first token."""
    document = "The mayor of Łódź spoke. THE RAIN"
    ids = [1, *tokenizer.encode("mayor of łódź 😀"), 2]
    read = len(tokenizer.encode("The mayor of Łódź spoke."))
    written = Written(np.array(ids), np.ones((len(ids), read), np.float32), -0.5, np.full(len(ids), 0.25, np.float32))
    answer = said(tokenizer, (), document, written, 4)
    assert answer.text == "Mayor of Łódź 😀" and "".join(answer.pieces) == answer.text
    assert answer.pieces == ("Mayor", " of", " Ł", "ódź", "", " 😀")  # the last "ź" begins in "ódź"
    assert answer.attention.shape == (6, read) and answer.copied.shape == (6,)  # without START and END
    assert (answer.score, answer.beam) == (-0.5, 4)
    spoken = said(tokenizer, (), document, Written(np.array(tokenizer.encode("the rain")), np.ones((5, read)), -1.0), 1)
    assert spoken.text == "The rain" and not spoken.copied.any()


def test_run_gives_stable_json(model, tokenizer, tmp_path):
    names = [tmp_path / f"{number}.txt" for number in range(len(TEXTS))]
    for name, text in zip(names, TEXTS, strict=True):
        name.write_bytes(b"\xef\xbb\xbf" * (name == names[0]) + text.encode())
    results = [run_one(model, name) for name in names]
    assert json.loads(json.dumps(results)) == results
    for name, text, result in zip(names, TEXTS, results, strict=True):
        answer = summarize(model, text)
        assert list(result) == ["file", "summary", "pieces", "source", "read", "tokens", "score", "beam"]
        assert (result["file"], result["summary"], result["beam"]) == (str(name), answer.text, 3)
        assert result["tokens"] == len(tokenizer.encode(text)) and result["read"] == min(result["tokens"], SOURCE)
        assert [entry["piece"] for entry in result["pieces"]] == list(answer.pieces)
        for entry, looked, share in zip(result["pieces"], answer.attention, answer.copied, strict=True):
            assert list(entry) == ["piece", "copied", "peak", "attention"]
            np.testing.assert_allclose(entry["attention"], looked, atol=6e-5)
            assert looked[entry["peak"]] == looked.max() and entry["copied"] == pytest.approx(share, abs=6e-5)
        pieces = tokenizer.pieces(text, SOURCE)
        assert result["source"] == [[piece.start, piece.end] for piece in pieces]
        assert "".join(texts(text, pieces)) == text[: pieces[-1].end]
    greedy = run_one(model, str(names[0]), beam=1)
    assert greedy["score"] is None and json.loads(json.dumps(greedy)) == greedy


def test_a_long_text_is_cut_and_said_so(model, tmp_path):
    (tmp_path / "long.txt").write_text("The mayor said that 12 trains were late. " * 25_000)
    begun = time.perf_counter()
    result = run_one(model, tmp_path / "long.txt")
    assert time.perf_counter() - begun < 5
    assert (result["read"], result["tokens"]) == (SOURCE, 325_000)
    assert result["source"][-1][1] < 60
    assert "read the beginning only, less than 1 % of the 325,000 in the text" in describe(result)


def test_describe_is_for_people():
    assert describe({"file": "a.txt", "summary": "Rain", "read": 5, "tokens": 5}) == "a.txt: Rain"
    assert describe({"file": "a.txt", "summary": "", "read": 5, "tokens": 5}) == "a.txt: (no words)"
    assert "tokens (words or parts of them) and so read the beginning only, 50 % of the 1,024" in describe(
        {"file": "a.txt", "summary": "Rain", "read": 512, "tokens": 1024}
    )


@pytest.mark.parametrize("content", [b"", b" \n\t\r\n", b"\xef\xbb\xbf", b"\x07\x1b\x7f"], ids=repr)
def test_files_without_text(model, tmp_path, content):
    (tmp_path / "in.txt").write_bytes(content)
    with pytest.raises(InputError, match=r"in\.txt holds no text: write into it what is to be summarized\.$"):
        run_one(model, tmp_path / "in.txt")


def test_wrong_requests_are_one_sentence(model, tmp_path):
    for call, reason in (
        (lambda: run_one(model, tmp_path), "is a folder: give a text file"),
        (lambda: run_one(model, tmp_path / "a.txt"), r"a\.txt does not exist"),
        (lambda: summarize(model, "Rain", 0), "the beam is 0: give a whole number"),
    ):
        with pytest.raises(InputError, match=reason) as caught:
            call()
        assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="the model reads 13 tokens, not 14"):
        model.write([5] * 14, model.decoding)


def decoding(**changes):
    return {name: value for name, value in {**tiny.DECODING, **changes}.items() if value is not None}


def without_tokenizer():
    return attach(tiny.graph(), {"card.json": json.dumps(tiny.CARD).encode()})


def with_other_graph():
    files = {"card.json": json.dumps(tiny.CARD).encode(), "tokenizer.json": json.dumps(TOKENIZER).encode()}
    return attach(captioning_models.graph(), files)


BROKEN_MODELS = {
    "a captioner": (captioning_models.content, "is a model of image_captioning, not of text_summarization"),
    "no tokenizer": (without_tokenizer, r"carries no tokenizer\.json"),
    "tokenizer not text": (lambda: tiny.content(b"\xff\xfe"), r"a damaged tokenizer\.json"),
    "tokenizer of another program": (lambda: tiny.content(b"{}"), r"a damaged tokenizer\.json"),
    "no source": (lambda: tiny.content(max_source=None), "does not fit its graph"),
    "no length": (lambda: tiny.content(max_words="many"), "does not fit its graph"),
    "no decoding": (lambda: tiny.content(decoding=None), "does not fit its graph"),
    "wrong bar": (lambda: tiny.content(decoding=decoding(no_repeated_ngram=1)), "does not fit its graph"),
    "other source": (lambda: tiny.content(max_source=SOURCE + 1), "does not fit its graph"),
    "other length": (lambda: tiny.content(max_words=LENGTH + 1), "does not fit its graph"),
    "another graph": (with_other_graph, "does not fit its graph"),
}


@pytest.mark.parametrize("name", BROKEN_MODELS)
def test_broken_models(name):
    make, reason = BROKEN_MODELS[name]
    with pytest.raises(InputError, match=reason) as caught:
        Summarizer(ModelFile.from_bytes(make(), "broken.tflite"))
    assert "\n" not in str(caught.value) and "broken.tflite" in str(caught.value)
