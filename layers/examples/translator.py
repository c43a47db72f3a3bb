"""A translator with additive attention: one GRU reads, another writes, and for each letter looks where to read.

It learns dates as people write them, "Nov 28, 1970" -> "1970-11-28": names to look up, digits to copy, all in another
order. No date of the test is in a training pair. `python -m heedful.layers.examples.translator`
"""

import keras
import numpy as np
from keras import ops

from heedful.layers import AdditiveScore, Attention
from heedful.layers.tensor import Tensor

FORMATS = ("%d %b %Y", "%b %d, %Y", "%d.%m.%Y", "%m/%d/%Y", "%b %d '%y", "%Y, %d %b")
LONGEST, WRITTEN = len("Nov 28, 1970"), len("1970-11-28")


def codes(texts: list[str], length: int) -> np.ndarray:
    """The ASCII codes of each text, int32 `(texts, length)`, padded with 0."""
    return np.array(texts, f"S{length}").view("uint8").reshape(-1, length).astype("int32")


class Translator(keras.Model):
    """Trained on all letters of an answer at once (`call`), used a letter at a time (`translate`)."""

    def __init__(self, units: int = 64) -> None:
        super().__init__()
        self.embed = keras.layers.Embedding(128, units)
        self.reader = keras.layers.Bidirectional(keras.layers.GRU(units // 2, return_sequences=True))
        self.writer = keras.layers.GRU(units, return_sequences=True, return_state=True)
        self.attention = Attention(AdditiveScore(units))
        self.attention.build((None, None, units), (None, None, units))  # by hand, as it is used in parts, never called
        self.read_out = keras.layers.Dense(128)

    def read(self, source: Tensor) -> tuple[Tensor, Tensor]:
        mask = ops.not_equal(source, 0)
        return self.attention.memory(self.reader(self.embed(source), mask=mask)), mask

    def write(self, before: Tensor, memory: Tensor, mask: Tensor, state: Tensor = None) -> tuple[Tensor, ...]:
        written, state = self.writer(self.embed(before), initial_state=state)
        seen, weights, _ = self.attention.attend(written, memory, mask)
        return self.read_out(ops.concatenate([written, seen], axis=-1)), weights, state

    def call(self, inputs: tuple[Tensor, Tensor]) -> Tensor:
        source, target = inputs  # each letter is given the true ones before it; 0 stands before the first
        return self.write(ops.pad(target[:, :-1], [(0, 0), (1, 0)]), *self.read(source))[0]

    def translate(self, texts: list[str]) -> tuple[list[str], np.ndarray]:
        """The likeliest letter after letter, and the weights `(texts, letters, source letters)` it was read with."""
        memory, mask = self.read(codes(texts, LONGEST))
        letters, looks, state = [ops.zeros((len(texts), 1), "int32")], [], None
        for _ in range(WRITTEN):
            logits, weights, state = self.write(letters[-1], memory, mask, state)
            letters.append(ops.argmax(logits, axis=-1))
            looks.append(weights[:, 0])
        rows, weights = (ops.convert_to_numpy(ops.concatenate(steps, axis=1)) for steps in (letters[1:], looks))
        return ["".join(map(chr, row)) for row in rows], weights


def run(examples: int = 2000, epochs: int = 8, verbose: int = 0) -> tuple[dict[str, float], Translator]:
    """Train, and judge on other dates; the baseline turns the parts around, which is right for day.month.year."""
    keras.utils.set_random_seed(0)
    days = np.random.default_rng(0).permutation(50 * 365)[: examples + 600]
    dates = (np.datetime64("1960-01-01") + days).tolist()
    sources, targets = [f"{d:{FORMATS[i % len(FORMATS)]}}" for i, d in enumerate(dates)], [str(d) for d in dates]
    source, target = codes(sources[:examples], LONGEST), codes(targets[:examples], WRITTEN)
    model = Translator()
    model.compile(keras.optimizers.Adam(1e-2), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit((source, target), target, epochs=epochs, verbose=verbose)
    turned = ["-".join(reversed(text.split("."))) for text in sources[examples:]]
    exact = {"exact": model.translate(sources[examples:])[0], "exact by turning the parts around": turned}
    return {name: float(np.mean(np.equal(answers, targets[examples:]))) for name, answers in exact.items()}, model


if __name__ == "__main__":
    figures, model = run(verbose=2)
    print(*(f"{name}: {figure:.1%}" for name, figure in figures.items()), "  Nov 28, 1970", sep="\n")
    for letter, weights in zip(*(batch[0] for batch in model.translate(["Nov 28, 1970"])), strict=True):
        print(letter, "".join(" .:+#"[round(4 * weight)] for weight in weights))
