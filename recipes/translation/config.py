"""The presets of the translation recipe; its settings are those of all that writes one text of another."""

from dataclasses import replace

from heedful.recipes.shared.training.rewriting import Rewriting as Config

BASE = Config(
    vocabulary=4000, max_source=64, max_words=48, width=128, encoder_blocks=3, blocks=2, hidden=512, copy=False,
    dropout=0.2, word_dropout=0.05, epochs=20, batch_size=32, learning_rate=2.5e-3, ema=0.998, no_repeated_ngram=0,
)  # fmt: skip
TINY = replace(
    BASE, vocabulary=400, max_source=24, max_words=20, width=64, encoder_blocks=1, blocks=1, hidden=128, dropout=0.0,
    word_dropout=0.0, label_smoothing=0.0, epochs=8, learning_rate=4e-3, ema=0.99,
)  # fmt: skip
PRESETS = {"tiny": TINY, "base": BASE}
