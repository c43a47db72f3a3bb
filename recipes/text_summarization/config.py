"""Every setting of the summarization recipe in one frozen dataclass, and the presets that fill it."""

from dataclasses import dataclass, replace

from heedful.recipes.shared.training.rewriting import Rewriting

ARCHITECTURES = ("transformer", "bahdanau")


@dataclass(frozen=True)
class Config(Rewriting):
    """Settings of one training run; a summary gets its capitals back from the document."""

    lowercase: bool = True
    renamed: float = 0.2
    architecture: str = "transformer"  # one of ARCHITECTURES

    def __post_init__(self):
        """Raises `ValueError`, one sentence, for settings that no model can be built or trained with."""
        super().__post_init__()
        self.check_choices(architecture=ARCHITECTURES)


BASE = Config()
TINY = replace(
    BASE, vocabulary=1000,  # few, so that names are read in pieces in training as they are later
    max_source=112, max_words=32, length_penalty=0.6, width=128, hidden=256, blocks=1, dropout=0.0, word_dropout=0.0,
    batch_size=32, renamed=0.3, label_smoothing=0.0, learning_rate=2e-3, warmup_epochs=0.3, ema=0.99, epochs=5,
    no_repeated_ngram=0,
)  # fmt: skip

PRESETS = {
    "tiny": TINY,
    "tiny_no_copy": replace(TINY, copy=False),
    "tiny_coverage": replace(TINY, coverage=1.0),
    "tiny_bahdanau": replace(TINY, architecture="bahdanau"),
    "base": BASE,
    "no_copy": replace(BASE, copy=False),
    "coverage": replace(BASE, coverage=1.0),
    "bahdanau": replace(BASE, architecture="bahdanau"),
}
