"""The settings of what writes one text of another, a summary or a translation, and what decides how it writes."""

from dataclasses import dataclass

from heedful.recipes.shared.training.schedule import Schedule

DECODING = ("beam", "length_penalty", "no_repeated_ngram", "min_words")  # what decides how a trained model writes


@dataclass(frozen=True)
class Rewriting(Schedule):
    """Settings of one training run; shares are between 0 and 1, lengths in tokens, which are words or parts of them."""

    # data
    vocabulary: int = 6000  # tokens, at most; 259 of them are bytes and marks, so that no word is unknown
    lowercase: bool = False  # read and written in lower case
    max_source: int = 128  # longer texts are cut
    max_words: int = 24  # longer answers are cut, and none longer is written

    # model
    width: int = 160
    encoder_blocks: int = 2
    blocks: int = 2  # that write
    heads: int = 4
    hidden: int = 640
    copy: bool = True  # may take tokens from the text
    coverage: float = 0.0  # weight of the penalty on reading the same place twice
    selective: bool = False  # a gate lets through of the text what the whole of it makes important
    dropout: float = 0.2

    # training
    epochs: int = 14
    batch_size: int = 16  # pairs of full length; of shorter ones as many more as make as many tokens
    label_smoothing: float = 0.1
    word_dropout: float = 0.1  # share of the words written so far that are hidden from the writer
    lowercased: float = 0.0  # share of the texts that training reads in lower case
    renamed: float = 0.0  # share of the tokens in common that are replaced by others, so that copying is learnt
    ema: float = 0.998

    # decoding
    beam: int = 4
    length_penalty: float = 1.0  # the sum of log-probabilities is divided by tokens ** length_penalty
    no_repeated_ngram: int = 3  # no so many tokens follow each other twice; 0: any may
    min_words: int = 1  # shorter answers are not written

    def __post_init__(self):
        """Raises `ValueError`, one sentence, for settings that no model can be built or trained with."""
        super().__post_init__()
        self.check_positive("max_source", "max_words", "width", "encoder_blocks", "blocks", "heads", "hidden", "beam")
        self.check_not_negative("coverage", "length_penalty", "no_repeated_ngram", "min_words")
        self.check_shares("dropout", "label_smoothing", "word_dropout", "lowercased", "renamed")
        self.check(vocabulary=300 <= self.vocabulary <= 64000, min_words=self.min_words < self.max_words)
        self.check(no_repeated_ngram=self.no_repeated_ngram != 1)  # no token twice: no sentence comes of it
        if self.width % (2 * self.heads):
            raise ValueError(f"width {self.width} does not divide by twice the {self.heads} heads")
