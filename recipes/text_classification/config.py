"""Every setting of the recipe in one frozen dataclass, and the presets that fill it."""

from dataclasses import dataclass

from heedful.recipes.shared.training.schedule import Schedule

FINE = 1e-3  # the largest learning rate with which a backbone keeps what it knows; usual are 2e-5 to 5e-5


@dataclass(frozen=True)
class Config(Schedule):
    """Settings of one training run; shares are between 0 and 1, lengths in tokens, which are words or parts of them."""

    vocabulary: int = 6000  # tokens, at most; 259 of them are bytes and marks, so that no word is unknown
    lowercase: bool = True
    longest: int = 256  # longer texts are cut; a model reads no more than its training texts need
    backbone: str = ""  # a text backbone of KerasHub, preset or folder, instead of members from scratch
    frozen: bool = True  # as it is, or trained with the rest
    members: int = 3  # whose answers are averaged
    width: int = 64
    kernel: int = 3  # tokens that a convolution sees together
    hidden: int = 96  # of the convolution
    heads: int = 4  # queries of a member that read the text side by side
    dropout: float = 0.5
    epochs: int = 24
    batch_size: int = 128
    learning_rate: float = 4e-3
    weight_decay: float = 0.05
    label_smoothing: float = 0.1
    word_dropout: float = 0.2  # share of the tokens that are hidden
    subword_dropout: float = 0.0  # share of the merges that are left out when a word is cut for training
    refused: float = 0.005  # share of the right answers on validation that the threshold for "none of these" may refuse

    def __post_init__(self):
        """Raises `ValueError`, one sentence, for settings that no model can be built or trained with."""
        super().__post_init__()
        self.check_positive("longest", "members", "width", "kernel", "hidden", "heads")
        self.check_shares("dropout", "label_smoothing", "word_dropout", "subword_dropout", "refused")
        self.check(vocabulary=300 <= self.vocabulary <= 64000)
        if self.backbone and not self.frozen and self.learning_rate > FINE:
            raise ValueError(f"learning_rate={self.learning_rate} is too much for a backbone: add learning_rate=5e-5")


PRESETS = {"tiny": Config(vocabulary=2000, members=1, width=48, epochs=14, batch_size=32), "base": Config()}
