"""The recommender beside what a user would write: figures of this machine, one run.

    python tests/benchmarks/recommender.py                    # simulated lengths
    python tests/benchmarks/recommender.py --data ratings.csv

Training: sequences per second of the preset `base`, of `sparse` for few actions a user, and of a plain Keras SASRec of
that size (embedding, `MultiHeadAttention`, tied softmax over all items, as in the examples of the Keras documentation)
that pads every sequence to the maximum. Both see the same windows and take turns, so that a busy machine slows both;
our ranker is trained along, the plain model has none. Serving: milliseconds and size of the exported file for some
catalogues, with a counted table of 50 entries an item beside the network. Weights and tables are random: they
decide neither speed nor size. Nothing is asserted, because no time is a promise.
"""

import argparse
import time
from dataclasses import replace

import keras
import numpy as np
from keras import layers, ops
from scipy import sparse

from heedful.apps.quiet import quiet
from heedful.export.exporter import Exporter
from heedful.export.latency import latency_ms
from heedful.recipes.contract import Knowledge
from heedful.recipes.recommender.config import PRESETS, Config
from heedful.recipes.recommender.model import with_counts
from heedful.recipes.recommender.network.counted import CountedNext
from heedful.recipes.recommender.reading.item_catalogue import FILE, FIRST, PAD, Catalogue
from heedful.recipes.recommender.reading.log import Log
from heedful.recipes.recommender.scoring.baselines import DECAY, LAST
from heedful.recipes.recommender.training.batches import Batches
from heedful.recipes.recommender.training.counted_parts import NETWORK
from heedful.recipes.suite import cards
from heedful.recipes.suite.discovery import Recipe

RECIPE = Recipe("recommender")
CATALOGUES = (3416, 12101, 54542)  # items of MovieLens-1M and of Amazon Beauty with and without its rare ones
STEPS = 12  # of each model in a round
ROUNDS = 5
PLAIN_BATCH = 128  # sequences, the usual choice


def simulated(users: int, items: int, median: float, longest: int) -> Log:
    """A log with lengths as skewed as those of real people; the items are random."""
    rng = np.random.default_rng(0)
    lengths = np.clip(rng.lognormal(np.log(median), 1.0, users).astype(int), 5, longest)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    rows = (FIRST + rng.integers(items, size=starts[-1])).astype(np.int32)
    return Log(rows, np.arange(len(rows)), starts, [str(user) for user in range(users)])


def plain(config: Config, rows: int) -> keras.Model:
    """SASRec as one writes it with Keras alone: `(batch, length)` to logits `(batch, length, rows)`."""
    history = keras.Input((config.length,), dtype="int32")
    table = layers.Embedding(rows, config.width)
    places = layers.Embedding(config.length, config.width)(ops.arange(config.length))
    x = layers.Dropout(config.dropout)(table(history) * config.width**0.5 + places)
    real = ops.not_equal(history, PAD)
    for _ in range(config.blocks):
        normed = layers.LayerNormalization()(x)
        attend = layers.MultiHeadAttention(config.heads, config.width // config.heads)
        mask = ops.expand_dims(real, 1)
        x = x + layers.Dropout(config.dropout)(attend(normed, normed, attention_mask=mask, use_causal_mask=True))
        hidden = layers.Dense(config.hidden, "relu")(layers.LayerNormalization()(x))
        x = x + layers.Dropout(config.dropout)(layers.Dense(config.width)(layers.Dropout(config.dropout)(hidden)))
    model = keras.Model(history, Tied(table)(layers.LayerNormalization()(x)))
    model.compile(keras.optimizers.Adam(1e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


class Tied(layers.Layer):
    """Logits by the embedding's own table."""

    def __init__(self, table: layers.Embedding, **kwargs):
        super().__init__(**kwargs)
        self.table = table

    def call(self, hidden):
        return ops.matmul(hidden, ops.transpose(self.table.embeddings))


def padded(inputs: dict[str, np.ndarray], weights: np.ndarray, length: int) -> tuple[np.ndarray, ...]:
    """The same windows, every one padded to the maximum."""
    room = [(0, 0), (length - inputs["history"].shape[1], 0)]
    return tuple(np.pad(array, room) for array in (inputs["history"], inputs["targets"], weights))


def training(title: str, log: Log, catalogue: Catalogue, config: Config) -> None:
    """Sequences per second of both, in turns."""
    batches = Batches(log, config, catalogue.rows)
    counts = np.bincount(log.items, minlength=catalogue.rows)[FIRST:]
    facts = Knowledge({}, {FILE: replace(catalogue, counts=counts).to_json()})
    model = RECIPE.model.build(config, facts)
    trainer = RECIPE.trainer.build_trainer(model, config, facts, batches.steps_per_epoch, 0)
    peer = plain(config, catalogue.rows)

    made = (batches.batch(0, step) for step in range(batches.steps_per_epoch))
    windows = [padded(inputs, wanted[:, : -1 - config.ranker_negatives], config.length) for inputs, wanted in made]
    history, targets, weights = (np.concatenate(parts) for parts in zip(*windows, strict=True))
    order = np.random.default_rng(0).permutation(len(history))
    spent, done = {"heedful": 0.0, "plain": 0.0}, {"heedful": 0, "plain": 0}
    for turn in range(ROUNDS + 1):
        for step in range(turn * STEPS, (turn + 1) * STEPS):
            inputs, wanted = batches.batch(0, step)
            rows = order[np.arange(step * PLAIN_BATCH, (step + 1) * PLAIN_BATCH) % len(order)]
            chosen = history[rows], targets[rows], weights[rows]
            for name, work, count in (
                ("heedful", lambda i=inputs, w=wanted: trainer.train_on_batch(i, w), len(inputs["history"])),
                ("plain", lambda c=chosen: peer.train_on_batch(*c), len(rows)),
            ):
                start = time.perf_counter()
                work()
                if turn:  # the first round compiles a shape after the other
                    spent[name] += time.perf_counter() - start
                    done[name] += count
    rate = {name: done[name] / spent[name] for name in spent}
    print(
        f"\n{title}: {len(history):,} sequences of up to {config.length}, mean {weights.astype(bool).sum(1).mean():.0f}"
    )
    print(f"{'heedful':30}{rate['heedful']:>10,.0f} sequences/s{rate['heedful'] / rate['plain']:>8.2f} x")
    print(f"{'plain Keras, padded':30}{rate['plain']:>10,.0f} sequences/s{1:>8.2f} x", flush=True)


def transitions(rows: int, config: Config, rng: np.random.Generator) -> CountedNext:
    """A counted table with as many entries for each item as the preset keeps."""
    entries = (rows - FIRST) * config.neighbours
    ends = np.concatenate([np.zeros(FIRST, int), np.arange(0, entries + 1, config.neighbours)])
    table = sparse.csr_array((rng.random(entries) + 0.1, rng.integers(FIRST, rows, entries), ends), shape=(rows, rows))
    layer = CountedNext(rows, entries, config.neighbours, LAST, DECAY, name="counted_transitions")
    layer.build((None, config.length))
    layer.describe(table)
    return layer


def serving(items: int) -> None:
    """Size and latency of every kind of exported file."""
    config = PRESETS["base"]
    catalogue = Catalogue(tuple(map(str, range(items))), counts=np.ones(items, np.int64))
    rng = np.random.default_rng(0)
    model = RECIPE.model.build(config, Knowledge({}, {FILE: catalogue.to_json()}))
    counts = np.ones(catalogue.rows)
    shares = {NETWORK: 0.5, "transitions": 0.5}
    model = with_counts(model, {"transitions": transitions(catalogue.rows, config, rng)}, shares, counts)
    shipped = RECIPE.export.deployed(model)
    history = rng.integers(FIRST, catalogue.rows, (8, 1, config.length)).astype(np.int32)
    offered = rng.integers(FIRST, catalogue.rows, (8, 1, config.candidates)).astype(np.int32)
    alone = [{"history": row} for row in history]
    examples = {
        "recommend": alone,
        "rank": [{"history": h, "candidates": c} for h, c in zip(history, offered, strict=True)],
        "score": alone,
    }
    signatures = RECIPE.export.signatures(shipped)
    exporter = Exporter(shipped, signatures, examples, RECIPE.export.FLOAT_LAYERS)
    print(
        f"\n{items:,} items, history of {config.length}, one thread\n{'':12}{'size':>12}{'recommend':>12}{'rank':>12}"
    )
    for quantize in RECIPE.export.QUANTIZATIONS:
        content = exporter.export(quantize)
        times = [latency_ms(content, name, examples[name]) for name in ("recommend", "rank")]
        print(f"{quantize:12}{len(content) / 1000:>9,.0f} kB{times[0]:>9.2f} ms{times[1]:>9.2f} ms", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="interactions whose lengths are taken (default: simulated ones)")
    options = parser.parse_args()
    print(cards.machine())
    base = PRESETS["base"]
    if options.data:
        data = RECIPE.data.load(options.data, base)
        training(options.data, data.training, data.catalogue, base)
    else:
        for title, users, items, median, longest, config in (
            ("base, many actions a user", 2000, CATALOGUES[0], 96, 2000, base),
            ("sparse, few actions a user", 8000, CATALOGUES[1], 6, 200, PRESETS["sparse"]),
        ):
            catalogue = Catalogue(tuple(map(str, range(items))))
            training(title, simulated(users, items, median, longest), catalogue, config)
    for items in CATALOGUES:
        with quiet():
            serving(items)


if __name__ == "__main__":
    main()
