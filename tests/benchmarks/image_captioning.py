"""The captioner's two savings beside the tutorials' way: figures of this machine, one run.

    python tests/benchmarks/image_captioning.py [--preset sat_soft]

It needs heedful to be installed, and the TensorFlow backend, which exports.

Words: milliseconds that the exported file takes for the next word after 4, 9 and 19 words, and for a caption of 5, 10
and 20 words; beside it the way of the TensorFlow tutorial, which reads the whole prefix again for every word, exported
from the very same layers and run by the same LiteRT. Features: seconds to get the features of an epoch's pictures from
the cache and from the encoder, and what that makes of a whole epoch of training. Weights and pictures are random: they
decide neither speed nor size. What is compared takes turns; a figure is the fastest round. Nothing is asserted, because
no time is a promise.
"""

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
from keras import ops
from turns import Work, milliseconds

from heedful.recipes import cards, litert
from heedful.recipes.image_captioning.batches import Captions
from heedful.recipes.image_captioning.config import PRESETS, Config
from heedful.recipes.image_captioning.features import compute, encoded
from heedful.recipes.image_captioning.model import FILE, Captioner, build
from heedful.recipes.image_captioning.split import Split
from heedful.recipes.image_captioning.trainer import build_trainer
from heedful.recipes.image_captioning.vocabulary import FIRST, SPECIAL, START, Vocabulary
from heedful.recipes.quiet import quiet

LENGTHS = (5, 10, 20)  # words
VOCABULARY = 2539  # of Flickr8k
PICTURES = 256  # whose features are read; an epoch is told per thousand
STEPS = 4  # of training in a round


def words(model: Captioner) -> None:
    """The next word from the cache, and by reading the prefix again."""
    decoder, cells = model.decoder, model.encoder.output_shape[1:]
    grid = {"grid": ((1, *cells), "float32")}
    memory = decoder.look(ops.zeros((1, *cells)))
    known = {**memory, **decoder.start(memory)}
    shapes = {name: (tuple(map(int, array.shape)), "float32") for name, array in known.items()}

    def step(token, index, *values):
        given = dict(zip(known, values, strict=True))
        state = {name: value for name, value in given.items() if name not in memory}
        return model.decode_step(token, index, {name: given[name] for name in memory}, state)

    def prefix(length: int) -> Callable:
        def read_again(grid, tokens):
            places = ops.reshape(ops.arange(length, dtype="int32"), (1, length))
            scores, *_ = decoder(grid, tokens, ops.ones_like(tokens), places, training=False)
            return {"scores": scores[:, -1]}

        return read_again

    word = {"token": ((1,), "int32"), "index": ((1,), "int32")}
    signatures = {"step": litert.Signature(step, word | shapes)}
    signatures |= {
        f"prefix_{n}": litert.Signature(prefix(n), grid | {"tokens": ((1, n), "int32")})
        for n in range(1, max(LENGTHS) + 1)
    }
    rng = np.random.default_rng(0)
    seen = {"grid": rng.normal(size=(1, *cells)).astype(np.float32)}
    first = {"token": np.array([START], np.int32), "index": np.array([0], np.int32)}
    row = first | {name: np.zeros(shape, np.float32) for name, (shape, _) in shapes.items()}
    rows = {"step": [row]}
    rows |= {
        name: [seen | {"tokens": rng.integers(FIRST, VOCABULARY, shape["tokens"][0], dtype=np.int32)}]
        for name, shape in ((name, signature.inputs) for name, signature in signatures.items())
        if name != "step"
    }
    content = litert.Exporter(model, signatures, rows).convert("none")
    interpreter = litert.interpreter(content)
    runners = {name: interpreter.get_signature_runner(name) for name in signatures}

    works: dict[str, Work] = {}
    for n in range(1, max(LENGTHS) + 1):
        at = row | {"index": np.array([n - 1], np.int32)}
        works[f"step {n}"] = lambda at=at: runners["step"](**at)
        works[f"prefix {n}"] = lambda n=n: runners[f"prefix_{n}"](**rows[f"prefix_{n}"][0])
    taken = milliseconds(works)
    print(f"\n{'':24}{'cache, ms':>12}{'prefix again, ms':>20}{'ratio':>9}")
    for n in LENGTHS:
        line = [taken[f"{kind} {n}"] for kind in ("step", "prefix")]
        print(f"word {n:<19}{line[0]:>12.2f}{line[1]:>20.2f}{line[1] / line[0]:>9.1f}")
    for n in LENGTHS:
        line = [sum(taken[f"{kind} {i}"] for i in range(1, n + 1)) for kind in ("step", "prefix")]
        print(f"caption of {n:<2} words     {line[0]:>12.2f}{line[1]:>20.2f}{line[1] / line[0]:>9.1f}", flush=True)


def features(model: Captioner, config: Config) -> None:
    """An epoch's features from the cache and from the encoder, and whole epochs with either."""
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (PICTURES, config.image_size, config.image_size, 3), dtype=np.uint8)
    split = Split(tuple(map(str, range(PICTURES))), (("a caption",),) * PICTURES, pictures.__getitem__)
    lengths = rng.integers(8, 16, (PICTURES, 5))
    ids = [[rng.integers(FIRST, VOCABULARY, n) for n in row] for row in lengths]
    captions = Captions(ids, config.max_words, config.batch_size, config.captions_per_image, config.word_dropout)
    trainer = build_trainer(model, config, {}, captions.steps_per_epoch, 0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "features.npy"
        compute(model.encoder, split, path, "features")
        grids = np.load(path, mmap_mode="r")

        def train() -> None:
            for number in range(STEPS):
                rows, inputs, weights = captions.batch(0, number)
                trainer.train_on_batch({"grid": grids[rows], **inputs}, weights)

        taken = milliseconds(
            {
                "cache": lambda: [np.array(grids[rows]) for rows in np.array_split(rng.permutation(PICTURES), 8)],
                "encoder": lambda: list(encoded(model.encoder, split)),
                "training": train,
            },
            rounds=3,
        )
    cache, encoder = (taken[name] / PICTURES for name in ("cache", "encoder"))
    steps = taken["training"] / (STEPS * config.batch_size) - cache
    print(f"\n{'per 1,000 pictures, s':24}{'from the cache':>16}{'by the encoder':>16}{'ratio':>9}")
    for name, more in (("features", 0.0), ("epoch of training", steps)):
        print(f"{name:24}{cache + more:>16.2f}{encoder + more:>16.2f}{(encoder + more) / (cache + more):>9.1f}")


def main() -> None:
    """Prints the tables of one preset."""
    options = argparse.ArgumentParser(description="The captioner beside the tutorials' way.")
    options.add_argument("--preset", default="base", choices=[name for name in PRESETS if name != "tiny"])
    preset = options.parse_args().preset
    # The weights are random; `frozen` is what the preset does with those of ImageNet.
    config = replace(PRESETS[preset], weights="none", fine_tune=True)
    frozen = replace(config, weights="imagenet", fine_tune=False)
    vocabulary = Vocabulary((*SPECIAL, *(f"word{n}" for n in range(VOCABULARY - FIRST))))
    keras.utils.set_random_seed(0)
    with quiet():
        model = build(config, {"attachments": {FILE: vocabulary.to_text()}})
    model.encoder.trainable = False
    print(f"{cards.machine()}; {', '.join(f'{name} {version}' for name, version in cards.versions().items())}")
    print(f"preset {preset}: {model.count_params():,} parameters, {VOCABULARY:,} words")
    words(model)
    features(model, frozen)


if __name__ == "__main__":
    main()
