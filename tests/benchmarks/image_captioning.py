"""The captioner's two savings beside the tutorials' way: figures of this machine, one run.

    python tests/benchmarks/image_captioning.py [--preset sat_soft]

It needs heedful to be installed, and the TensorFlow backend, which exports.

Words: milliseconds that the exported file takes for the next word after 4, 9 and 19 words, and for a caption of 5, 10
and 20 words; beside it the way of the TensorFlow tutorial, which reads the whole prefix again for every word, exported
from the very same layers and run by the same LiteRT. Features: seconds to get the features of an epoch's pictures from
the cache and from the encoder, and what that makes of a whole epoch of training, of the preset and of the small decoder
of `tiny` over the same encoder. Weights and pictures are random: they decide neither speed nor size. What is compared
takes turns; a figure is the fastest round. Nothing is asserted, because no time is a promise.
"""

import argparse
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
from keras import ops
from prefix import beside_the_prefix
from turns import milliseconds

from heedful.apps.quiet import quiet
from heedful.recipes.contract import Knowledge
from heedful.recipes.image_captioning.config import PRESETS, Config
from heedful.recipes.image_captioning.model import FILE, Captioner, build
from heedful.recipes.image_captioning.reading.pictures import Split
from heedful.recipes.image_captioning.reading.vocabulary import FIRST, SPECIAL, Vocabulary
from heedful.recipes.image_captioning.trainer import build_trainer
from heedful.recipes.image_captioning.training.batches import Captions
from heedful.recipes.image_captioning.training.features import compute, encoded
from heedful.recipes.shared.network import decoding
from heedful.recipes.suite import cards
from heedful.recipes.suite.training_loop import dataset

VOCABULARY = 2539  # of Flickr8k
PICTURES = 256  # whose features are read; an epoch is told per thousand


def words(model: Captioner) -> None:
    """The next word from the cache, and by reading the prefix again."""
    cells = model.encoder.output_shape[1:]
    grid = {"grid": (np.random.default_rng(0).normal(size=(1, *cells))).astype(np.float32)}
    memory, state = decoding.parts(model.decoder, grid["grid"])
    step = decoding.signatures(model, {}, memory, state)["decode_step"]

    def forced(tokens, grid):
        places = ops.expand_dims(ops.arange(tokens.shape[1], dtype="int32"), 0)
        return model.decoder(grid, tokens, ops.ones_like(tokens), places, training=False)[0]

    beside_the_prefix(model, step, forced, grid, VOCABULARY)


def features(captioners: Mapping[str, tuple[Captioner, Config]]) -> None:
    """An epoch's features from the cache and from the encoder, and whole epochs of each decoder with either."""
    rng = np.random.default_rng(0)
    model, config = next(iter(captioners.values()))
    pictures = rng.integers(0, 256, (PICTURES, config.image_size, config.image_size, 3), dtype=np.uint8)
    split = Split(tuple(map(str, range(PICTURES))), (("a caption",),) * PICTURES, pictures.__getitem__)
    lengths = rng.integers(8, 16, (PICTURES, 5))
    ids = [[rng.integers(FIRST, VOCABULARY, n) for n in row] for row in lengths]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "features.npy"
        compute(model.encoder, split, path, "features")
        grids = np.load(path, mmap_mode="r")
        epochs = {f"epoch of {name}": epoch(*captioner, ids, grids) for name, captioner in captioners.items()}
        cache = {"cache": lambda: [np.array(grids[rows]) for rows in np.array_split(rng.permutation(PICTURES), 8)]}
        encoder = {"encoder": lambda: list(encoded(model.encoder, split))}
        taken = milliseconds(cache | encoder | epochs, rounds=3)
    taken = {name: time / PICTURES for name, time in taken.items()}  # seconds for 1,000
    print(f"\n{'per 1,000 pictures, s':24}{'from the cache':>16}{'by the encoder':>16}{'ratio':>9}")
    for name, other in (("features", 0.0), *((name, taken[name] - taken["cache"]) for name in epochs)):
        cached, computed = (other + taken[way] for way in ("cache", "encoder"))
        print(f"{name:24}{cached:>16.2f}{computed:>16.2f}{computed / cached:>9.1f}")


def epoch(model: Captioner, config: Config, ids: list[list[np.ndarray]], grids: np.ndarray) -> Callable[[], object]:
    """An epoch of training over features that are in the cache, as `heedful train` does it."""
    captions = Captions(ids, config.max_words, config.batch_size, config.captions_per_image, config.word_dropout)
    trainer = build_trainer(model, config, Knowledge({}, {}), captions.steps_per_epoch, 0)

    def batch(number: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
        rows, inputs, weights = captions.batch(0, number)
        return {"grid": grids[rows], **inputs}, weights

    return lambda: trainer.fit(dataset(trainer, batch, 0, captions.steps_per_epoch), shuffle=False, verbose=0)


def main() -> None:
    """Prints the tables of one preset."""
    options = argparse.ArgumentParser(description="The captioner beside the tutorials' way.")
    options.add_argument("--preset", default="base", choices=[name for name in PRESETS if name != "tiny"])
    preset = options.parse_args().preset
    print(f"{cards.machine()}; {', '.join(f'{name} {version}' for name, version in cards.versions().items())}")
    vocabulary = Vocabulary((*SPECIAL, *(f"word{n}" for n in range(VOCABULARY - FIRST))))
    captioners = {}
    for name in (preset, "tiny"):  # a large decoder and a small one, over the same encoder
        # The weights are random, and frozen as the preset does with those of ImageNet.
        frozen = replace(PRESETS[name], encoder=PRESETS[preset].encoder, weights="imagenet")
        keras.utils.set_random_seed(0)
        with quiet():
            drawn = replace(frozen, weights="none", fine_tune=True)
            model = build(drawn, Knowledge({}, {FILE: vocabulary.to_text()}))
        model.encoder.trainable = False
        captioners[name] = model, frozen
        print(f"{name}: {model.count_params():,} parameters, {VOCABULARY:,} words")
    words(captioners[preset][0])
    features(captioners)


if __name__ == "__main__":
    main()
