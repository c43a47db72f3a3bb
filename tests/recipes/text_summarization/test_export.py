"""The exported file writes what Keras writes, token for token, by either of its two ways."""

import json
from dataclasses import replace

import keras
import numpy as np
import pytest
from small_recommender import float64
from small_summarizer import (
    DOCUMENTS,
    HEADS,
    LENGTH,
    SOURCE,
    WIDTH,
    config_of,
    data_of,
    documents,
    shifted,
    talkative,
    texts,
    tokenizer,
)

from heedful.apps import text_summarization
from heedful.apps.beam import Decoding
from heedful.apps.graph.flatbuffer import operators_of
from heedful.apps.graph.rules import VARIABLE_OPERATORS
from heedful.apps.model_file import ModelFile, attach
from heedful.apps.tokenizer import END, Tokenizer
from heedful.export.exporter import Exporter
from heedful.recipes.shared.network import decoding
from heedful.recipes.shared.network.pointer import losses
from heedful.recipes.shared.reading.text_pairs import TextPairs
from heedful.recipes.text_summarization import export

if keras.backend.backend() != "tensorflow":
    pytest.skip("the export runs under TensorFlow", allow_module_level=True)

pytestmark = pytest.mark.long  # the captioner's export shows the same promises of the loops that they share

# One writes what it likes, and the other under rules. Long summaries are favoured, or the likeliest has no word.
SETTINGS = {
    "transformer": {"length_penalty": 2.0, "blocks": 1},
    "bahdanau": {"length_penalty": 2.0, "no_repeated_ngram": 2, "min_words": 2},
}


class Exported:
    """A summarizer and its file."""

    def __init__(self, kind):
        self.kind, self.config = kind, config_of(kind, **SETTINGS[kind])
        self.model, self.data = talkative(kind, **SETTINGS[kind]), data_of(self.config)
        signatures = export.signatures(self.model)
        few = data_of(self.config, validation=TextPairs(texts(3, 1), texts(3, 2)))
        examples = export.examples(self.model, export.inputs(few))
        self.exporter = Exporter(self.model, signatures, examples)
        self.content = self.exporter.export()
        self.file = self.opened(self.content)

    def opened(self, content):
        card = {"recipe": "text_summarization", "facts": self.data.facts}
        attachments = {"card.json": json.dumps(card).encode(), **self.data.attachments}
        return ModelFile.from_bytes(attach(content, attachments), "model.tflite")


@pytest.fixture(scope="module", params=["transformer", "bahdanau"])
def exported(request):
    return Exported(request.param)


def test_signatures_are_those_that_the_apps_ask_for(exported):
    summarizer = text_summarization.Summarizer(exported.file)
    assert summarizer.source == SOURCE and len(summarizer.tokenizer) == len(Tokenizer.from_json(tokenizer()))
    assert summarizer.decoding.min_words == exported.config.min_words
    step = exported.file.signatures["decode_step"]
    state = {name: step["inputs"][name][0] for name in set(step["inputs"]) & set(step["outputs"])}
    room = (1, HEADS, LENGTH, WIDTH // HEADS)
    cache = {f"{part}_{block}": room for part in ("keys", "values") for block in range(exported.config.blocks)}
    assert state == (
        cache | {"written": (1, 2)} if exported.kind == "transformer" else dict.fromkeys(("hidden", "read"), (1, WIDTH))
    )


def test_it_is_builtin_and_copies_by_a_scatter(exported):
    """A product with one-hot rows would cost as many times more as the document has tokens."""
    found = operators_of(exported.content)
    assert found["WHILE"] >= 1, "the loop over the words"
    assert not [name for name in found if name.startswith("CUSTOM") or name in VARIABLE_OPERATORS]
    # In the loop and in the single step; what bars repetition is scattered, too.
    assert found["SCATTER_ND"] == (2 if exported.kind == "transformer" else 3) and "ONE_HOT" not in found
    assert len(exported.content) < 4 * exported.model.count_params() + 300_000


def test_it_writes_the_summaries_of_keras(exported):
    """Of every document, though it was verified with fewer."""
    ids = documents()
    assert (np.diff(np.sort(ids, axis=1), axis=1)[:, -3:] == 0).any(), "tokens stand twice"
    wanted = {name: keras.ops.convert_to_numpy(value) for name, value in exported.model.generate(ids).items()}
    assert len({tuple(row) for row in wanted["tokens"]}) > 5 and len(set(wanted["length"])) > 1
    for row in range(DOCUMENTS):
        found = exported.file.run("generate", ids=ids[row : row + 1])
        np.testing.assert_array_equal(found["tokens"][0], wanted["tokens"][row])
        assert found["length"].tolist() == [wanted["length"][row]]
        for name in ("attention", "copied"):
            np.testing.assert_allclose(found[name][0], wanted[name][row], atol=1e-4)


@pytest.mark.parametrize("beam", [1, 3])
def test_predictors_of_keras_and_of_the_file_write_the_same(exported, beam):
    written, wanted = (
        export.predictor(model).write(exported.data, "validation", beam) for model in (exported.file, exported.model)
    )
    assert len(written) == len(wanted) == DOCUMENTS
    for one, other, text in zip(written, wanted, texts(DOCUMENTS, 1), strict=True):
        assert (one.text, one.pieces, one.beam) == (other.text, other.pieces, beam)
        assert one.attention.shape == (len(one.pieces), min(SOURCE, len(exported.data.ids(text, SOURCE))))
        np.testing.assert_allclose(one.attention, other.attention, atol=1e-4)
        np.testing.assert_allclose(one.copied, other.copied, atol=1e-4)
        assert (one.score is None) == (other.score is None) == (beam == 1)
        assert beam == 1 or one.score == pytest.approx(other.score, abs=1e-4)
    assert len({one.text for one in written}) > 5
    summarizer = text_summarization.Summarizer(exported.file)
    assert text_summarization.summarize(summarizer, texts(DOCUMENTS, 1)[-1], beam).text == written[-1].text


def test_a_wider_beam_finds_likelier_summaries(exported):
    """By the sum of log-probabilities that teacher forcing gives, over the length."""
    model, sums = exported.model, []
    ids = np.resize(documents(), (decoding.CHUNK, SOURCE))  # as many as are compiled for already
    for beam in (1, 3):
        how = replace(Decoding.from_facts(exported.data.facts), beam=beam)
        rows = [found.tokens for found in decoding.written(model, model.writer, ids, how)]
        ended = [np.append(row, END)[:LENGTH] for row in rows]
        targets = np.stack([np.pad(row, (0, LENGTH - len(row))) for row in ended]).astype(np.int32)
        scores, gate, weights = model.writer(ids, shifted(targets))
        found = -float64(losses(scores, gate, weights, ids, targets, 0.0))
        sums.append([found[row, : len(tokens)].sum() / len(tokens) ** 2.0 for row, tokens in enumerate(ended)])
    assert np.mean(sums[1]) > np.mean(sums[0])


def test_a_file_of_dynamic_range_runs(exported):
    content = exported.exporter.export("dynamic")
    summarizer = text_summarization.Summarizer(exported.opened(content))
    for beam in (1, 3):
        answer = text_summarization.summarize(summarizer, texts(DOCUMENTS, 1)[0], beam)
        assert np.isfinite(answer.attention).all() and len(answer.pieces) >= exported.config.min_words
