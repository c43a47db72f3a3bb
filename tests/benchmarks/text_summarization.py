"""The summarizer's savings beside the usual ways: figures of this machine, one run.

    python tests/benchmarks/text_summarization.py [--preset bahdanau]

It needs heedful to be installed, and the TensorFlow backend, which exports.

Words: milliseconds that the exported file takes for the next token after 4, 9 and 19 tokens, beside reading the whole
prefix again for every token. Copying: one step with the attention scattered into the vocabulary, as it ships, beside
the product with one-hot rows of the document that is usual. Whole: a document of 64 tokens into 16, in one call.
Weights and documents are random: they decide neither speed nor size. What is compared takes turns; a figure is the
fastest round. Nothing is asserted, because no time is a promise.
"""

import argparse
from dataclasses import replace

import keras
import numpy as np
from keras import ops
from prefix import beside_the_prefix
from turns import milliseconds

from heedful.apps.quiet import quiet
from heedful.export.exporter import Exporter
from heedful.export.latency import latency_ms
from heedful.export.signature import Signature
from heedful.export.verification import interpreter
from heedful.recipes.shared.network import decoding, pointer
from heedful.recipes.suite import cards
from heedful.recipes.text_summarization.config import PRESETS
from heedful.recipes.text_summarization.model import Summarizer, summarizer

SOURCE, LENGTH = 64, 16  # tokens of the document and of the summary that is timed whole


def one_hot(scores, gate, weights, source):
    """`pointer.mixed` by a product with one-hot rows."""
    spread = ops.matmul(ops.expand_dims(weights, 1), ops.one_hot(source, scores.shape[-1]))[:, 0]
    share = ops.expand_dims(ops.sigmoid(gate), 1)
    return ops.log((1.0 - share) * ops.softmax(scores) + share * spread + pointer.TINY), ops.sigmoid(gate)


def copying(model: Summarizer, vocabulary: int) -> None:
    """The mixture of one step, both ways."""
    shapes = {"scores": (1, vocabulary), "gate": (1,), "weights": (1, SOURCE), "source": (1, SOURCE)}
    inputs = {name: (shape, "int32" if name == "source" else "float32") for name, shape in shapes.items()}
    rng = np.random.default_rng(0)
    row = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    row |= {"source": rng.integers(3, vocabulary, (1, SOURCE), np.int32)}
    row |= {"weights": rng.dirichlet(np.ones(SOURCE), 1).astype(np.float32)}
    ways = {"scatter": pointer.mixed, "one-hot": one_hot}

    def signature(way):
        return Signature(lambda *given: dict(zip(("likely", "copied"), way(*given), strict=True)), inputs)

    signatures = {name: signature(way) for name, way in ways.items()}
    content = Exporter(model, signatures, {name: [row] for name in ways}).convert("none")
    run = interpreter(content)
    runners = {name: run.get_signature_runner(name) for name in ways}
    taken = milliseconds({name: lambda runner=runner: runner(**row) for name, runner in runners.items()})
    print(
        f"\ncopying into {vocabulary:,} tokens: scatter {taken['scatter']:.3f} ms, one-hot {taken['one-hot']:.3f} ms, "
        f"{taken['one-hot'] / taken['scatter']:.1f} times as long"
    )


def words(model: Summarizer, vocabulary: int) -> None:
    """The next token from the cache, and by reading the prefix again."""
    document = {"source": np.random.default_rng(0).integers(3, vocabulary, (1, model.source), np.int32)}
    memory, state = decoding.parts(model.writer, document["source"])
    step = decoding.signatures(model, {}, memory, state)["decode_step"]

    def forced(tokens, source):
        scores, gate, weights = model.writer(source, tokens, training=False)
        return ops.expand_dims(pointer.mixed(scores[:, -1], gate[:, -1], weights[:, -1], source)[0], 1)

    beside_the_prefix(model, step, forced, document, vocabulary)


def whole(model: Summarizer, vocabulary: int) -> None:
    """One call of `generate` that writes to the last token, and the size of the file."""
    ids = {"ids": np.random.default_rng(0).integers(3, vocabulary, (1, model.source), np.int32)}
    inputs = {"ids": (ids["ids"].shape, "int32")}
    exporter = Exporter(model, {"generate": Signature(model.generate, inputs)}, {"generate": [ids]})
    for quantize in ("none", "dynamic"):
        content = exporter.convert(quantize)
        taken = latency_ms(content, "generate", [ids])
        print(f"{model.source} -> {model.length} tokens, {quantize}: {taken:.1f} ms, {len(content) / 1e6:.1f} MB")


def main() -> None:
    """Prints the figures of one preset."""
    options = argparse.ArgumentParser(description="The summarizer beside the usual ways.")
    options.add_argument("--preset", default="base", choices=PRESETS)
    preset = options.parse_args().preset
    config = replace(PRESETS[preset], max_source=SOURCE)
    keras.utils.set_random_seed(0)
    with quiet():
        model = summarizer(config, config.vocabulary)
        short = summarizer(replace(config, max_words=LENGTH, min_words=LENGTH - 1), config.vocabulary)
    print(f"{cards.machine()}; {', '.join(f'{name} {version}' for name, version in cards.versions().items())}")
    print(f"preset {preset}: {model.count_params():,} parameters, {config.vocabulary:,} tokens")
    words(model, config.vocabulary)
    copying(model, config.vocabulary)
    whole(short, config.vocabulary)


if __name__ == "__main__":
    main()
