"""What the app makes of probabilities and attention that are known, for texts of several scripts."""

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from heedful.apps.errors import InputError
from heedful.apps.text_classification.answer import NONE, best, decided
from heedful.apps.text_classification.app import Classifier, classify, describe, run_one
from heedful.apps.tokenizer import Tokenizer
from heedful.recipes.shared.reading.tokenizer_training import train

LABELS = ["down", "up", "oos"]
TEXT = "prices go  up again"


class File:
    """Answers with fixed probabilities, and looks at the tokens of a text the more the later they come."""

    path = "model.tflite"

    def __init__(self, probabilities):
        self.probabilities = np.array([probabilities], np.float32)

    def run(self, signature, ids):
        assert signature == "classify" and ids.dtype == np.int32
        weights = np.where(ids[0] > 0, np.arange(1, ids.shape[1] + 1), 0).astype(np.float32)
        return {"probabilities": self.probabilities, "attention": np.stack([[weights / weights.sum()] * 2])}


def model(probabilities, threshold=0.0, texts=(TEXT,), length=16):
    made = Classifier.__new__(Classifier)
    made.file = File(probabilities)  # pyright: ignore[reportAttributeAccessIssue]
    made.labels, made.outside, made.length = LABELS, 2, length
    made.tokenizer = Tokenizer.from_json(train(texts * 30, 400, True))
    made.point = {"temperature": 2.0, "threshold": threshold}
    return made


def test_words_come_whole_with_their_share_of_the_look():
    answer = classify(model([0.2, 0.7, 0.1]), TEXT)
    assert answer.label == "up" and "".join(word for word, _ in answer.words) == TEXT
    assert [word.strip() for word, _ in answer.words] == ["prices", "go", "up", "again"]
    shares = [share for _, share in answer.words]
    assert shares == sorted(shares) and sum(shares) == pytest.approx(1, abs=1e-6)
    assert answer.attention.shape == (2, len(classify(model([0.2, 0.7, 0.1]), TEXT).attention[0]))


def test_probabilities_are_those_of_the_temperature():
    answer = classify(model([0.2, 0.7, 0.1]), TEXT)
    roots = np.sqrt([0.2, 0.7, 0.1])  # temperature 2
    np.testing.assert_allclose(answer.probabilities, roots / roots.sum(), atol=1e-6)
    assert [label for label, _ in answer.top] == ["up", "down", "oos"]


def test_none_of_these_where_no_label_leads_the_one_for_it_by_the_threshold():
    # sqrt(0.7) - sqrt(0.1) of the sum of the roots is 0.325
    assert classify(model([0.2, 0.7, 0.1], threshold=0.33), TEXT).label is None
    assert classify(model([0.2, 0.7, 0.1], threshold=0.32), TEXT).label == "up"
    assert classify(model([0.05, 0.45, 0.5], threshold=0.0), TEXT).label is None
    values = np.array([[0.6, 0.3, 0.1], [0.1, 0.3, 0.6], [0.3, 0.5, 0.2], [0.3, 0.45, 0.25]])
    point = {"temperature": 1.0, "threshold": 0.25}
    assert decided(values, 2, point).tolist() == [0, NONE, 1, NONE]
    assert decided(values, None, point).tolist() == [0, 2, 1, 1]
    labels, lead = best(values, 2)
    assert labels.tolist() == [0, 1, 1, 1] and lead == pytest.approx([0.5, -0.3, 0.3, 0.2])


def test_chinese_characters_stand_alone_and_a_long_text_is_read_in_part():
    text = "房间很干净，服务 very good 的"
    answer = classify(model([0.2, 0.7, 0.1], texts=(text,)), text)
    assert len(answer.words) >= 2 and "".join(word for word, _ in answer.words) == text
    long = classify(model([0.2, 0.7, 0.1], length=5), TEXT * 50)
    assert long.attention.shape == (2, 5)


def test_a_text_or_a_file_of_one_is_answered_and_drawn(tmp_path):
    (tmp_path / "mail.txt").write_text(TEXT, encoding="utf-8")
    result = run_one(model([0.2, 0.7, 0.1]), str(tmp_path / "mail.txt"), tmp_path / "words.png")
    assert (tmp_path / "words.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads(json.dumps(result))["label"] == "up" and len(result["words"]) == 4
    assert run_one(model([0.2, 0.7, 0.1]), TEXT)["words"] == result["words"]
    text = describe(run_one(model([0.2, 0.7, 0.1], threshold=0.9), TEXT))
    assert text.startswith(f"{TEXT}: none of these (up 5") and "looked at: again" in text


def test_a_text_that_is_read_in_part_is_told():
    result = run_one(model([0.2, 0.7, 0.1], length=5), TEXT * 50)
    assert result["read"] == 5 < result["tokens"] and "so read the beginning only" in describe(result)
    whole = run_one(model([0.2, 0.7, 0.1]), TEXT)
    assert whole["read"] == whole["tokens"] and "beginning" not in describe(whole)


def test_files_that_are_not_there_or_hold_nothing_are_named(tmp_path):
    (tmp_path / "mail.txt").write_text(" \n")
    with pytest.raises(InputError, match=r"mail\.txt is empty: give at least a word"):
        run_one(model([0.2, 0.7, 0.1]), str(tmp_path / "mail.txt"))
    for given in (str(tmp_path / "no.txt"), tmp_path / "no"):
        with pytest.raises(InputError, match=r"no(\.txt)? does not exist"):
            run_one(model([0.2, 0.7, 0.1]), given)
    assert run_one(model([0.2, 0.7, 0.1]), f"{TEXT} no.txt")["label"] == "up"


def test_what_is_no_text_or_no_answer_is_one_sentence():
    with pytest.raises(InputError, match="the text is empty"):
        classify(model([0.2, 0.7, 0.1]), " \n")
    with pytest.raises(InputError, match=r"model\.tflite answers with NaN"):
        classify(model([np.nan, 0.7, 0.1]), TEXT)
    with pytest.raises(InputError, match="is a model of recommender"):
        other: Any = SimpleNamespace(card={"recipe": "recommender"}, path="shop.tflite")
        Classifier(other)
