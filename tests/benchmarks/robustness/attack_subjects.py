"""What an attack changes in each recipe, and what its model then says.

`run(x, *rows)` gives, of a batch: `loss` `(batch,)`; `right` `(batch, answers)`, 1 or 0, or what an answer is worth;
`counted`, whether there is such an answer; `answer`, the most probable label, token or item; and where it looked,
`attention` `(batch, answers, places)`, of sum 1.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from heedful.apps.tokenizer import END, PAD, START
from heedful.recipes.image_captioning.reading import vocabulary
from heedful.recipes.recommender.reading.item_catalogue import FIRST
from heedful.recipes.shared.network.pointer import mixed
from heedful.recipes.shared.reading.words import words
from heedful.recipes.shared.training.losses import cross_entropy
from heedful.recipes.shared.training.pair_batches import padded
from heedful.recipes.speech_commands.reading.recordings import FULL_SCALE
from heedful.recipes.suite.saved import Saved
from heedful.recipes.text_classification.model import parted

Run = Callable[..., dict[str, Any]]


@dataclass(frozen=True, eq=False)
class Subject:
    """Examples in the space where they are attacked, and the model behind it."""

    x: np.ndarray  # float32 (n, ...), zeros for padding
    rows: Sequence[np.ndarray]  # what else the model is given of each example, and its targets
    run: Run
    real: np.ndarray | None = None  # bool (n, places) of x that may be changed; None: all

    def radius(self, size: float) -> np.ndarray:
        """By how much a number may be changed: `size` times the root mean square of what is real in its example."""
        real = np.ones_like(self.x) if self.real is None else self.real[..., None] * np.ones_like(self.x)
        axes = tuple(range(1, self.x.ndim))
        square = np.sum(self.x**2, axes, keepdims=True) / np.maximum(real.sum(axes, keepdims=True), 1)
        return (size * np.sqrt(square) * real).astype(np.float32)


def subject_of(recipe: str, saved: Saved, data: Any, examples: int) -> Subject:
    """Of at most so many examples, spread evenly over the validation split."""
    split = data.split("validation")
    rows = np.linspace(0, len(split) - 1, min(examples, len(split))).astype(int)
    return SUBJECTS[recipe](saved.model, data, split, rows)


def labelled(logits: Any, attention: Any, targets: Any) -> dict[str, Any]:
    """Of logits `(batch, members, labels)`; the attention may have any axes between the first and that of places."""
    probable = ops.log(ops.mean(ops.softmax(logits, axis=-1), axis=1) + 1e-9)
    answer = ops.argmax(probable, axis=-1)
    flat = ops.reshape(attention, (ops.shape(targets)[0], 1, -1))
    return {
        "loss": -ops.squeeze(ops.take_along_axis(probable, targets[:, None], axis=1), 1),
        "right": ops.cast(ops.equal(answer, targets), "float32")[:, None],
        "counted": ops.ones_like(targets, dtype="bool")[:, None],
        "answer": answer[:, None],
        "attention": flat / ops.maximum(ops.sum(flat, axis=-1, keepdims=True), 1e-9),
    }


def worded(losses: Any, answer: Any, targets: Any, attention: Any, real: Any) -> dict[str, Any]:
    """Of tokens `(batch, T)`, those of them that are `real`."""
    return {
        "loss": ops.sum(ops.where(real, losses, 0.0), axis=-1),
        "right": ops.cast(ops.equal(answer, targets), "float32"),
        "counted": real,
        "answer": answer,
        "attention": attention,
    }


def speech(model: Any, data: Any, split: Any, rows: np.ndarray) -> Subject:
    """Log-mel features."""
    heard = split.waveforms[rows].astype(np.float32) / np.float32(FULL_SCALE)
    features = in_parts(model.get_layer("log_mel"), heard)
    classifier = model.get_layer("classifier")

    def run(features, targets):
        said = classifier(features, training=False)
        return labelled(said["logits"][:, None], said["attention"], targets)

    return Subject(features, [split.targets[rows]], run)


def texts(model: Any, data: Any, split: Any, rows: np.ndarray) -> Subject:
    """Embeddings of tokens."""
    classifier = model.get_layer("classifier")
    vectors, read = parted(classifier, data.config)
    real = split.ids[rows] != PAD
    x = in_parts(keras.Model(classifier.input, vectors), split.ids[rows]) * real[..., None]

    def run(vectors, ids, targets):
        said = read([ids, vectors], training=False)
        return labelled(said["logits"], said["attention"], targets)

    return Subject(x, [split.ids[rows], split.targets[rows]], run, real)


def pairs(model: Any, data: Any, split: Any, rows: np.ndarray) -> Subject:
    """Embeddings of the tokens of the text that is read."""
    config, writer = data.config, model.writer
    source = padded([data.ids(split.sources[row], config.max_source) for row in rows], config.max_source)
    written = [data.ids(split.targets[row], config.max_words) for row in rows]
    tokens, targets = forced(written, config.max_words, START, END)
    real = source != PAD
    x = in_parts(writer.words, source) * real[..., None]

    def run(vectors, source, tokens, targets):
        scores, gate, weights = writer(source, tokens, training=False, vectors=vectors)
        scores, gate, looked = (ops.reshape(value, (-1, *value.shape[2:])) for value in (scores, gate, weights))
        likely, _ = mixed(scores, gate, looked, ops.repeat(source, tokens.shape[1], axis=0))
        likely = ops.reshape(likely, (-1, tokens.shape[1], likely.shape[-1]))
        losses = -ops.squeeze(ops.take_along_axis(likely, targets[..., None], axis=-1), -1)
        return worded(losses, ops.argmax(likely, axis=-1), targets, weights, ops.not_equal(targets, PAD))

    return Subject(x, [source, tokens, targets], run, real)


def pictures(model: Any, data: Any, split: Any, rows: np.ndarray) -> Subject:
    """The grid of the encoder; the caption is the first of each picture."""
    most = data.config.max_words
    captions = [data.vocabulary.ids(words(split.captions[row][0]))[:most] for row in rows]
    tokens, targets = forced([np.array(ids, np.int32) for ids in captions], most, vocabulary.START, vocabulary.END)
    real = (targets != vocabulary.PAD).astype(np.int32)
    positions = np.tile(np.arange(most, dtype=np.int32), (len(rows), 1))
    grid = in_parts(lambda part: model.encoder(np.stack([split.read(int(row)) for row in part]), training=False), rows)

    def run(grid, tokens, targets, real, positions):
        scores, weights, *_ = model.decoder(grid, tokens, real, positions, training=False)
        return worded(cross_entropy(scores, targets, 0.0), ops.argmax(scores, axis=-1), targets, weights, real > 0)

    return Subject(grid, [tokens, targets, real, positions], run)


def histories(model: Any, data: Any, split: Any, rows: np.ndarray) -> Subject:
    """Embeddings of the actions; of users whose next item is known and, where items are not repeated, new to them."""
    tower, width = model.tower, len(data.counts)
    bought = np.zeros((len(rows), width), bool)
    for place, row in enumerate(rows):
        bought[place, split.history(row)] = not data.repeats
    kept = (split.targets[rows] >= FIRST) & ~bought[np.arange(len(rows)), split.targets[rows]]
    rows, bought = rows[kept], bought[kept]
    bought[:, :FIRST] = True
    history, targets = split.windows(rows, tower.length), split.targets[rows]
    times = [split.times(rows, tower.length)] if tower.times else []
    x, real = in_parts(model.items, history), history != PAD

    def run(vectors, history, targets, bought, *times):
        newest, read = tower.last(vectors, ops.not_equal(history, PAD), *times)
        scores = ops.where(bought, -1e9, model.score_items(newest, model.items.table()))
        mine = ops.take_along_axis(scores, targets[:, None], axis=1)
        rank = ops.sum(ops.cast(scores >= mine, "float32"), axis=1, keepdims=True)
        answer = ops.argmax(scores, axis=-1)[:, None]
        return {
            "loss": ops.logsumexp(scores, axis=-1) - mine[:, 0],
            "right": ops.where(rank <= 10, np.log(2.0) / ops.log(1.0 + rank), 0.0),
            "counted": ops.ones_like(answer, dtype="bool"),
            "answer": answer,
            "attention": model.explain(model.items(answer), read, history),
        }

    return Subject(x * real[..., None], [history, targets, bought, *times], run, real)


def in_parts(function: Callable[[np.ndarray], Any], rows: np.ndarray, size: int = 64) -> np.ndarray:
    """float32, what a function of many rows gives of all."""
    parts = [function(rows[start : start + size]) for start in range(0, len(rows), size)]
    return np.concatenate([ops.convert_to_numpy(part) for part in parts]).astype(np.float32)


def forced(written: Sequence[np.ndarray], most: int, start: int, end: int) -> tuple[np.ndarray, np.ndarray]:
    """What a writer is shown and what it should write, int32 `(n, most)`: one that was cut has no end."""
    targets = [ids if len(ids) == most else np.append(ids, end) for ids in written]
    return padded([np.append(start, ids[:-1]) for ids in targets], most), padded(targets, most)


SUBJECTS: dict[str, Callable[..., Subject]] = {
    "speech_commands": speech,
    "text_classification": texts,
    "text_summarization": pairs,
    "translation": pairs,
    "image_captioning": pictures,
    "recommender": histories,
}
