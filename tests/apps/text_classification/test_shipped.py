"""The model that ships: what it answers, what it refuses, and how large it is."""

import json
from pathlib import Path

import pytest

from heedful.apps.text_classification import classify, load

FOLDER = Path(__file__).parents[3] / "saved_models" / "text_classification" / "intents"


@pytest.fixture(
    scope="module", params=["model.tflite", "model.float16.tflite", "model.dynamic.tflite", "model.int8.tflite"]
)
def model(request):
    return load(FOLDER / request.param)


@pytest.mark.parametrize(
    ("question", "label", "word"),
    [
        ("why was my card declined at the grocery store", "card_declined", "declined"),
        ("how much money is in my savings account", "balance", None),
        ("please book a table for two at the thai place tonight", "restaurant_reservation", "table"),
        ("who won the battle of waterloo", None, None),
    ],
)
def test_questions_are_answered_or_refused(model, question, label, word):
    answer = classify(model, question)
    assert answer.label == label
    assert word is None or max(answer.words, key=lambda entry: entry[1])[0].strip() == word


def test_the_smallest_file_is_small_and_the_card_names_its_makers():
    assert (FOLDER / "model.dynamic.tflite").stat().st_size <= 1_500_000
    card = json.loads((FOLDER / "card.json").read_text(encoding="utf-8"))
    assert "CC BY 3.0" in card["note"] and "Larson" in card["note"]
    assert "/" not in card["data"]["source"] + card["command"].split("--note")[0]
