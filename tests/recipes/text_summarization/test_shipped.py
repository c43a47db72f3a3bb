"""The summarizer that ships, run by its app on reports whose names and numbers it never saw."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from heedful.apps import text_summarization
from heedful.apps.model_file import ModelFile
from heedful.apps.run import run
from heedful.recipes.shared.network.rewriting import padded
from heedful.recipes.suite import discovery
from heedful.recipes.suite.saved import open_saved
from heedful.recipes.text_summarization.demo import inputs
from heedful.recipes.text_summarization.sample.reports import reports

MODELS = Path(__file__).parents[3] / "saved_models" / "text_summarization" / "reports"
COUNT = 60
INPUTS = 200


@pytest.mark.parametrize("file", [pytest.param("model.tflite", marks=pytest.mark.long), "model.dynamic.tflite"])
def test_it_writes_the_headline_in_the_names_of_the_report(file):
    split = reports().splits["test"]
    model = text_summarization.load(MODELS / file)
    found = [text_summarization.summarize(model, document) for document in split.sources[:COUNT]]
    right = [each.text.lower() == wanted.lower() for each, wanted in zip(found, split.targets, strict=False)]
    assert np.mean(right) >= 0.9
    copied = np.concatenate([each.copied for each in found])
    peaks = np.concatenate([each.attention.max(-1) for each in found])
    assert peaks[copied > 0.9].mean() > 0.9, "what is copied comes from one place"


@pytest.mark.long
def test_the_file_writes_the_very_tokens_of_keras():
    recipe = discovery.recipe("text_summarization")
    saved = open_saved(recipe, MODELS)
    data = recipe.data.load("sample", saved.config, evaluating=saved.knowledge)
    documents = data.split("test").sources[:INPUTS]
    assert not isinstance(saved.model, ModelFile)
    wanted = saved.model.generate(padded(data, documents))
    tokens, lengths = (keras.ops.convert_to_numpy(wanted[name]) for name in ("tokens", "length"))
    model = text_summarization.load(MODELS / "model.tflite")
    for document, row, length in zip(documents, tokens, lengths, strict=True):
        found = model.write(model.tokenizer.encode(document, model.source), replace(model.decoding, beam=1)).tokens
        np.testing.assert_array_equal(found, row[:length])


def test_the_example_of_the_readme():
    paths, expected = inputs()
    (result,) = run(text_summarization, paths, MODELS / "model.dynamic.tflite")
    assert result["summary"] in expected
