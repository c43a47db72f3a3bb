"""The summarizer that ships, run by its app on reports whose names and numbers it never saw."""

from pathlib import Path

import numpy as np
import pytest

from heedful.apps import text_summarization
from heedful.recipes.text_summarization.demo import inputs
from heedful.recipes.text_summarization.reports import reports

MODELS = Path(__file__).parents[3] / "saved_models" / "text_summarization" / "reports"
COUNT = 60


@pytest.mark.parametrize("file", ["model.tflite", "model.dynamic.tflite"])
def test_it_writes_the_headline_in_the_names_of_the_report(file):
    split = reports().splits["test"]
    model = text_summarization.load(MODELS / file)
    found = [text_summarization.summarize(model, document) for document in split.documents[:COUNT]]
    right = [each.text.lower() == wanted.lower() for each, wanted in zip(found, split.summaries, strict=False)]
    assert np.mean(right) >= 0.8
    copied = np.concatenate([each.copied for each in found])
    peaks = np.concatenate([each.attention.max(-1) for each in found])
    assert peaks[copied > 0.9].mean() > 0.9, "what is copied comes from one place"


def test_the_example_of_the_readme():
    paths, expected = inputs()
    (result,) = text_summarization.run(paths, MODELS / "model.dynamic.tflite")
    assert result["summary"] in expected
