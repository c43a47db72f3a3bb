"""From a picture to its caption with a tiny model of known formulas."""

import json

import captioning_models as tiny
import numpy as np
import pytest
import recommender_models
from captioning_models import CELLS, GRID, LENGTH, SIZE, TOKENS, WORDS

from heedful.apps import images
from heedful.apps.beam import Decoding, search
from heedful.apps.errors import InputError
from heedful.apps.image_captioning import Captioner, caption, describe, run_one
from heedful.apps.image_captioning.caption import joined
from heedful.apps.model_file import ModelFile, attach

pytest.importorskip("ai_edge_litert")
Image = pytest.importorskip("PIL.Image")

IMAGES = np.random.default_rng(6).integers(0, 256, (40, *GRID, 3)).astype(np.uint8)
IMAGES = IMAGES.repeat(SIZE // GRID[0], 1).repeat(SIZE // GRID[1], 2)  # one colour a cell
DECODING = Decoding.from_facts(tiny.FACTS)


@pytest.fixture(scope="module")
def model():
    return Captioner(ModelFile.from_bytes(tiny.content(), "tiny.tflite"))


@pytest.fixture
def photos(tmp_path):
    """Files of three pictures, larger than the model reads and of other shapes."""
    names = [tmp_path / f"{number}.png" for number in range(3)]
    for name, image in zip(names, IMAGES[:3], strict=True):
        Image.fromarray(image.repeat(3, 0).repeat(5, 1)).save(name)
    return names


def named(answer):
    return [TOKENS.index(word) for word in answer.words]


def expected(image, decoding):
    """The search over the formulas."""
    cells, read = tiny.encode(image)

    def step(tokens, index, state):
        answers = [tiny.step(token, index, cells, row) for token, row in zip(tokens, state["read"], strict=True)]
        scores, attention, rows = map(np.stack, zip(*answers, strict=True))
        return scores, {"attention": attention}, {"read": rows}

    return search(step, {"read": read[None]}, 1, decoding)[0]


def test_the_pictures_of_these_tests_differ(model):
    """Greedy and wide captions of all lengths, or the tests below would say little."""
    lengths = {len(tiny.greedy(image)[0]) for image in IMAGES}
    assert len(lengths) >= 3 and max(lengths) == LENGTH
    assert sum(tiny.greedy(image)[0] != expected(image, DECODING).tokens.tolist() for image in IMAGES) >= 5


def test_greedy_is_the_graphs_own(model):
    for image in IMAGES:
        answer = caption(model, image, beam=1)
        ids, attention = tiny.greedy(image)
        assert (named(answer), answer.score, answer.beam) == (ids, None, 1)
        assert answer.attention.shape == (len(ids), *GRID)
        np.testing.assert_allclose(answer.attention, attention.reshape(-1, *GRID), atol=1e-5)


@pytest.mark.parametrize("beam", [None, 2, 5])
def test_beams_are_those_of_the_formulas(model, beam):
    for image in IMAGES:
        answer = caption(model, image, beam)
        best = expected(image, Decoding(beam or 3, 0.7, 0, LENGTH))
        assert (named(answer), answer.beam) == (best.tokens.tolist(), beam or 3)
        assert answer.score == pytest.approx(best.score, abs=1e-4)
        np.testing.assert_allclose(answer.attention.reshape(-1, CELLS), best.attention, atol=1e-5)


def test_the_card_decides_how_to_search():
    facts = {"beam": 4, "length_penalty": -1.0, "no_repeated_ngram": 2}
    other = Captioner(ModelFile.from_bytes(tiny.content(decoding=facts), "other"))
    for image in IMAGES[:9]:
        answer, best = caption(other, image), expected(image, Decoding(4, -1.0, 2, LENGTH))
        assert (named(answer), answer.beam) == (best.tokens.tolist(), 4)
        assert answer.score == pytest.approx(best.score, abs=1e-4)


def test_run_gives_stable_json(model, photos):
    results = [run_one(model, photo) for photo in photos]
    assert json.loads(json.dumps(results)) == results
    for name, result in zip(photos, results, strict=True):
        answer = caption(model, images.read(name, SIZE))
        assert list(result) == ["file", "caption", "words", "score", "beam"]
        assert (result["file"], result["caption"], result["beam"]) == (str(name), answer.text, 3)
        assert result["score"] == pytest.approx(answer.score, abs=1e-4)
        assert [entry["word"] for entry in result["words"]] == list(answer.words)
        for entry, looked in zip(result["words"], answer.attention, strict=True):
            assert list(entry) == ["word", "peak", "attention"]
            np.testing.assert_allclose(entry["attention"], looked, atol=6e-5)
            row, column = entry["peak"]
            assert looked[row, column] == looked.max()
    greedy = run_one(model, str(photos[0]), beam=1)
    assert greedy["score"] is None and json.loads(json.dumps(greedy)) == greedy


def test_describe_is_for_people():
    assert describe({"file": "beach.jpg", "caption": "a cat on a beach"}) == "beach.jpg: a cat on a beach"
    assert describe({"file": "beach.jpg", "caption": ""}) == "beach.jpg: (no words)"


def test_words_of_a_line():
    assert joined(["a", "cat"]) == "a cat" and joined([]) == ""
    assert joined(["猫", "が", "寝", "る"]) == "猫が寝る"
    assert joined(["2", "匹", "の", "cat", "が"]) == "2 匹の cat が"
    assert joined(["고양이", "두", "마리"]) == "고양이 두 마리"  # Korean has spaces


def test_wrong_requests_are_one_sentence(model):
    with pytest.raises(InputError, match=r"^a\.png does not exist: check the spelling of the picture's path\.$"):
        run_one(model, "a.png")
    with pytest.raises(InputError, match=r"^the beam is 0: give a whole number from 1\.$"):
        caption(model, IMAGES[0], 0)


def test_arrays_of_another_kind_are_a_programmers_mistake(model):
    for wrong in (IMAGES[0] / 255, IMAGES[0][..., :2], IMAGES[:1]):
        with pytest.raises(ValueError, match=r"a picture is uint8 \(rows, columns, 1, 3 or 4\)"):
            caption(model, wrong)


def test_a_picture_is_a_file_or_decoded_of_any_size(model, photos):
    for photo, image in zip(photos, IMAGES, strict=False):
        larger = np.asarray(Image.open(photo))
        assert larger.shape == (3 * SIZE, 5 * SIZE, 3)
        answers = [caption(model, given) for given in (photo, str(photo), larger)]
        assert [answer.words for answer in answers] == [caption(model, images.resized(larger, SIZE)).words] * 3
        assert answers[0].words == caption(model, image).words


def without_vocabulary():
    return attach(tiny.graph(), {"card.json": json.dumps(tiny.CARD).encode()})


def with_other_graph():
    files = {"card.json": json.dumps(tiny.CARD).encode(), "vocabulary.txt": "\n".join(TOKENS).encode()}
    return attach(recommender_models.graph(), files)


def decoding(**changes):
    return {name: value for name, value in {**tiny.DECODING, **changes}.items() if value is not None}


BROKEN_MODELS = {
    "a recommender": (recommender_models.content, "is a model of recommender, not of image_captioning"),
    "no vocabulary": (without_vocabulary, r"carries no vocabulary\.txt"),
    "vocabulary not text": (lambda: tiny.content(b"\xff\xfe"), r"a damaged vocabulary\.txt"),
    "vocabulary empty": (lambda: tiny.content(b""), r"a damaged vocabulary\.txt"),
    "vocabulary without the special tokens": (lambda: tiny.content(b"a\nb\nc\nd\ne\n"), r"a damaged vocabulary\.txt"),
    "vocabulary with a gap": (
        lambda: tiny.content("\n".join([*TOKENS[:5], "", *TOKENS[6:]]).encode()), r"a damaged vocabulary\.txt"
    ),
    "vocabulary shorter": (lambda: tiny.content("\n".join(TOKENS[:-1]).encode()), "does not fit its graph"),
    "no size": (lambda: tiny.content(image_size=None), "does not fit its graph"),
    "no grid": (lambda: tiny.content(grid=7), "does not fit its graph"),
    "no length": (lambda: tiny.content(max_words="many"), "does not fit its graph"),
    "no decoding": (lambda: tiny.content(decoding=None), "does not fit its graph"),
    "no beam": (lambda: tiny.content(decoding=decoding(beam=0)), "does not fit its graph"),
    "no penalty": (lambda: tiny.content(decoding=decoding(length_penalty=None)), "does not fit its graph"),
    "other size": (lambda: tiny.content(image_size=SIZE + 1), "does not fit its graph"),
    "other grid": (lambda: tiny.content(grid=[3, 3]), "does not fit its graph"),
    "other length": (lambda: tiny.content(max_words=LENGTH + 1), "does not fit its graph"),
    "other graph": (with_other_graph, "does not fit its graph"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN_MODELS)
def test_models_of_something_else_are_refused(name):
    make, reason = BROKEN_MODELS[name]
    with pytest.raises(InputError, match=reason) as caught:
        Captioner(ModelFile.from_bytes(make(), "other.tflite"))
    assert "other.tflite" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("beam", [1, 3])
def test_a_model_that_answers_nan_is_refused(beam):
    model = Captioner(ModelFile.from_bytes(tiny.content(), "broken.tflite"))
    right = model.file.run

    def broken(signature, **arrays):
        answer = {name: array.copy() for name, array in right(signature, **arrays).items()}
        for name in {"attention", "scores"} & set(answer):
            answer[name][0, 0] = np.nan
        return answer

    model.file.run = broken
    with pytest.raises(InputError, match=r"broken\.tflite answers with NaN"):
        caption(model, IMAGES[0], beam)


def test_the_formulas_are_those_of_the_graph(model):
    """Signature by signature, so that nothing above compares the graph with itself."""
    generator = np.random.default_rng(4)
    encoded = model.file.run("encode", image=IMAGES[:1])
    np.testing.assert_allclose(encoded["cells"][0], tiny.encode(IMAGES[0])[0], atol=1e-6)
    for index in range(LENGTH):
        read = generator.integers(0, 3, WORDS)
        token = int(generator.integers(WORDS))
        given = {"cells": encoded["cells"], "read": read[None].astype(np.float32)}
        answer = model.file.run("decode_step", token=np.array([token], "i4"), index=np.array([index], "i4"), **given)
        scores, attention, read = tiny.step(token, index, encoded["cells"][0].astype(np.float64), read)
        open_ = tiny.BANNED == 0
        np.testing.assert_allclose(answer["scores"][0][open_], scores[open_], atol=1e-4)
        np.testing.assert_allclose(answer["attention"][0], attention, atol=1e-5)
        np.testing.assert_allclose(answer["read"][0], read)
