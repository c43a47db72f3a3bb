"""Summarizers of a few words for the tests of their parts. Sizes are distinct primes but for the heads' share."""

from dataclasses import replace
from functools import cache
from typing import Any

import keras
import numpy as np
from small_captioner import mixed
from small_recommender import float64, logistic

from heedful.apps.beam import Decoding
from heedful.apps.tokenizer import END, FILE, PAD, START, Tokenizer
from heedful.recipes.contract import Knowledge
from heedful.recipes.shared.network.decoding import written
from heedful.recipes.shared.network.text_writer import TransformerWriter
from heedful.recipes.shared.reading.text_pairs import TextPairs
from heedful.recipes.shared.reading.tokenizer_training import train
from heedful.recipes.text_summarization.config import PRESETS, Config
from heedful.recipes.text_summarization.data import SummaryData
from heedful.recipes.text_summarization.model import Summarizer, build
from heedful.recipes.text_summarization.network.bahdanau import BahdanauWriter

TOKENS = 31  # of a writer by itself; what makes tokens of texts has more
SOURCE, LENGTH, WIDTH, HEADS, HIDDEN = 11, 7, 18, 3, 13
DOCUMENTS = 17

CONFIG = replace(
    PRESETS["tiny"], vocabulary=307, max_source=SOURCE, max_words=LENGTH, width=WIDTH, heads=HEADS, hidden=HIDDEN,
    encoder_blocks=1, blocks=2, batch_size=5, epochs=2, renamed=0.0, beam=3, min_words=0,
)  # fmt: skip

# Every kind of writer, as its settings.
KINDS: dict[str, dict[str, Any]] = {
    "transformer": {"architecture": "transformer"},
    "selective": {"architecture": "transformer", "selective": True},
    "no_copy": {"architecture": "transformer", "copy": False},
    "bahdanau": {"architecture": "bahdanau"},
}

WORDS = ["rain", "oslo", "late", "trains", "mayor", "storm", "seven", "ships", "lima", "bridge", "fire", "won"]


def texts(count: int, seed: int = 0) -> list[str]:
    """Texts of three to twelve words, in which some stand twice."""
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, rng.integers(3, 13))) for _ in range(count)]


@cache
def tokenizer(size: int = CONFIG.vocabulary, seed: int = 0) -> str:
    """Made of some texts, as JSON."""
    return train(texts(97, seed), size, True)


def knowledge_for(known: str | None = None) -> Knowledge:
    """What a model must remember of its data."""
    return Knowledge({}, {FILE: (known or tokenizer()).encode()})


def config_of(kind: str, **settings: Any) -> Config:
    return replace(CONFIG, **(KINDS[kind] | settings))


def data_of(config: Config, **splits: TextPairs) -> SummaryData:
    """Data of `DOCUMENTS` validation pairs, unless other splits are given."""
    given = splits or {"validation": TextPairs(texts(DOCUMENTS, 1), texts(DOCUMENTS, 2))}
    empty = {name: TextPairs((), ()) for name in ("train", "validation", "test")}
    return SummaryData(config, dict(knowledge_for().attachments), empty | given, {"source": "here"})


def some_writer(kind: str, dropout: float = 0.0, **options: Any) -> Any:
    """A writer by itself, its weights moved."""
    config = config_of(kind)
    sizes = {"vocabulary": TOKENS, "source": SOURCE, "length": LENGTH, "width": WIDTH}
    more = {**sizes, "copies": config.copy, "dropout": dropout, "seed": 3, **options}
    if config.architecture == "bahdanau":
        writer: Any = BahdanauWriter(**more)
    else:
        blocks = {"encoder_blocks": 1, "blocks": 2, "heads": HEADS, "hidden": HIDDEN}
        writer = TransformerWriter(**blocks, selective=config.selective, **more)
    writer.build((None, SOURCE))
    return mixed(writer, 0.3)


def some_ids(count: int, seed: int = 0, tokens: int = TOKENS) -> np.ndarray:
    """Documents int32 `(count, SOURCE)` of all lengths from the longest down, in which tokens stand twice."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(END + 1, tokens, (count, SOURCE)).astype(np.int32)
    ids[:, 1] = ids[:, 0]
    ids[np.arange(SOURCE) >= SOURCE - np.arange(count)[:, None] % (SOURCE - 1)] = PAD
    return ids


def some_summarizer(kind: str, size: float = 0.3, **settings: Any) -> Summarizer:
    """A summarizer as some training might have left it."""
    return mixed(build(config_of(kind, **settings), knowledge_for()), size)


def talkative(kind: str, **settings: Any) -> Summarizer:
    """A summarizer that writes and copies, and of `documents()` summaries of all lengths."""
    model = some_summarizer(kind, **settings)
    writer, words, rng = model.writer, model.writer.words, np.random.default_rng(5)
    # Vectors that are read and scored alike otherwise answer with the word that was read.
    vectors = rng.normal(0, 0.5, words.vectors.shape)
    vectors[END] *= 3
    words.vectors.assign(vectors.astype("float32"))
    if isinstance(writer, TransformerWriter):
        writer.norm_out.gamma.assign(rng.normal(0, 1, WIDTH).astype("float32"))
        look: Any = writer.last_look
        louder = [writer.positions, look.query_dense.kernel]
    else:
        louder = [writer.cell.recurrent_kernel, writer.attention.score.vector]
    for weight in louder:  # else it writes one word again and again
        weight.assign(4 * float64(weight).astype("float32"))
    gate: Any = writer.pointer.gate
    if writer.pointer.copies:
        gate.kernel.assign(0.3 * float64(gate.kernel).astype("float32"))
        gate.bias.assign([-2.0])
    bias = np.zeros(words.vocabulary, "float32")
    bias[[PAD, START]] = 3.0  # what must not be written is what it would like to
    bias[END] = -99.0
    words.bias.assign(bias)
    rules = model.no_repeated_ngram, model.min_words
    model.no_repeated_ngram, model.min_words = 0, 0
    bias[END] = varied_end(model)
    model.no_repeated_ngram, model.min_words = rules
    words.bias.assign(bias)
    return model


def documents() -> np.ndarray:
    """The texts of `data_of` as ids, int32 `(DOCUMENTS, SOURCE)`."""
    known = Tokenizer.from_json(tokenizer())
    rows = [known.encode(text, SOURCE) for text in texts(DOCUMENTS, 1)]
    return np.array([row + [PAD] * (SOURCE - len(row)) for row in rows], np.int32)


def varied_end(model: Summarizer) -> float:
    """How likely an end must be for summaries of as many lengths as there can be, from those of a model whose ends
    have a bias of -99.
    """
    ids = documents()
    tokens = keras.ops.convert_to_numpy(model.generate(ids)["tokens"])
    scores, gate, weights = (float64(part) for part in model.writer(ids, shifted(tokens)))
    likely = probabilities(scores, gate, weights, ids)
    best = np.take_along_axis(likely, tokens[..., None].astype(int), -1)[..., 0]
    others, ends = np.exp(scores).sum(-1), np.exp(scores[..., END] + 99)
    biases = np.arange(-6, 9, 0.1)
    won = [(1 - copying(gate)) * ends * np.exp(bias) / (others + ends * np.exp(bias)) > best for bias in biases]
    counts = [len(set(np.where(each.any(1), each.argmax(1), LENGTH))) for each in won]
    found = np.flatnonzero(np.array(counts) == max(counts))
    return float(biases[found[len(found) // 2]])


def copying(gate: np.ndarray) -> np.ndarray:
    """The probability of a logit, which may be that of a writer that never copies."""
    return logistic(np.maximum(gate, -700))


def answers(model: Summarizer) -> dict[str, np.ndarray]:
    """What is written of `documents()`, greedily and by what is compiled once, and what is told of each token."""
    found = {}
    for row, each in enumerate(written(model, model.writer, documents(), Decoding(1, 0.0, 0, LENGTH))):
        found |= {f"tokens_{row}": each.tokens, f"attention_{row}": each.attention, f"copied_{row}": each.copied}
    return found


def shifted(tokens: np.ndarray) -> np.ndarray:
    """What is read when these tokens are written: START, then all but the last."""
    return np.concatenate([np.full((len(tokens), 1), START), tokens[:, :-1]], axis=1).astype(np.int32)


def probabilities(scores: np.ndarray, gate: np.ndarray, weights: np.ndarray, source: np.ndarray) -> np.ndarray:
    """Of the next words `(batch, T, vocabulary)`, from all that a writer gives: plain loops over the formula of See,
    Liu and Manning.
    """
    found = np.exp(scores - scores.max(-1, keepdims=True))
    found /= found.sum(-1, keepdims=True)
    copied = copying(gate)
    found *= 1 - copied[..., None]
    for row, document in enumerate(source):
        for place, token in enumerate(document):
            found[row, :, token] += copied[row] * weights[row, :, place]
    return found
