"""Every setting of the summarization recipe in one frozen dataclass, and the presets that fill it."""

from dataclasses import dataclass, replace

from heedful.recipes.shared.training.schedule import Schedule

ARCHITECTURES = ("transformer", "bahdanau")
DECODING = ("beam", "length_penalty", "no_repeated_ngram", "min_words")  # what decides how a trained model writes


@dataclass(frozen=True)
class Config(Schedule):
    """Settings of one training run; shares are between 0 and 1, lengths in tokens, which are words or parts of them."""

    # data
    vocabulary: int = 6000  # tokens, at most; 259 of them are bytes and marks, so that no word is unknown
    lowercase: bool = True  # read and written in lower case; a summary gets its capitals back from the document
    max_source: int = 128  # longer documents are cut
    max_words: int = 24  # longer summaries are cut, and none longer is written

    # model
    architecture: str = "transformer"  # one of ARCHITECTURES
    width: int = 160
    encoder_blocks: int = 2
    blocks: int = 2  # that write
    heads: int = 4
    hidden: int = 640
    copy: bool = True  # may take tokens from the document
    coverage: float = 0.0  # weight of the penalty on reading the same place twice
    selective: bool = False  # a gate lets through of the document what the whole of it makes important
    dropout: float = 0.2

    # training
    epochs: int = 14
    batch_size: int = 16  # pairs of full length; of shorter ones as many more as make as many tokens
    label_smoothing: float = 0.1
    word_dropout: float = 0.1  # share of the words written so far that are hidden from the writer
    renamed: float = 0.2  # share of the tokens in common that are replaced by others, so that copying is learnt
    ema: float = 0.998

    # decoding
    beam: int = 4
    length_penalty: float = 1.0  # the sum of log-probabilities is divided by tokens ** length_penalty
    no_repeated_ngram: int = 3  # no so many tokens follow each other twice; 0: any may
    min_words: int = 1  # shorter summaries are not written

    def __post_init__(self):
        """Raises `ValueError`, one sentence, for settings that no model can be built or trained with."""
        super().__post_init__()
        self.check_choices(architecture=ARCHITECTURES)
        self.check_positive("max_source", "max_words", "width", "encoder_blocks", "blocks", "heads", "hidden", "beam")
        self.check_not_negative("coverage", "length_penalty", "no_repeated_ngram", "min_words")
        self.check_shares("dropout", "label_smoothing", "word_dropout", "renamed")
        self.check(vocabulary=300 <= self.vocabulary <= 64000, min_words=self.min_words < self.max_words)
        self.check(no_repeated_ngram=self.no_repeated_ngram != 1)  # no token twice: no sentence comes of it
        if self.width % (2 * self.heads):
            raise ValueError(f"width {self.width} does not divide by twice the {self.heads} heads")


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
