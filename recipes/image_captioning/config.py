"""Every setting of the captioning recipe in one frozen dataclass, and the presets that fill it."""

from dataclasses import dataclass, replace

from heedful.recipes.shared.training.schedule import Schedule

ENCODERS = ("small", "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large", "efficientnet_b0")
ARCHITECTURES = ("transformer", "soft", "hard", "adaptive")
ESTIMATORS = ("straight_through", "reinforce")
DECODING = ("beam", "length_penalty", "no_repeated_ngram")  # what decides how a trained model writes


@dataclass(frozen=True)
class Config(Schedule):
    """Settings of one training run; shares are between 0 and 1."""

    # data
    image_size: int = 224  # pixels; any picture is brought to this square
    max_words: int = 20  # longer captions are cut, and none longer is written
    min_count: int = 5  # how often a word occurs in the training captions, or it is unknown
    most_words: int = 10000
    captions_per_image: int = 5  # at most, in an epoch
    views: int = 4  # looks at every training picture: itself and parts of it, some mirrored; each is kept on the disk
    brightness: float = 0.0  # share by which the other looks are darker or lighter, at most

    # encoder
    encoder: str = "mobilenet_v2"  # one of ENCODERS
    weights: str = "imagenet"  # imagenet, none, or the path of a file
    fine_tune: bool = False  # also train the encoder; else its features are worked out once and kept on the disk

    # model
    architecture: str = "transformer"  # one of ARCHITECTURES; the others are LSTMs that attend
    width: int = 256
    grid_blocks: int = 1  # blocks in which the cells of the grid see each other
    blocks: int = 2
    heads: int = 8
    hidden: int = 1024
    units: int = 512  # of an LSTM
    estimator: str = "straight_through"  # one of ESTIMATORS: how hard attention learns
    dropout: float = 0.2
    visual_dropout: float = 0.3  # of the features of the grid

    # training
    epochs: int = 22
    batch_size: int = 32  # images, each with its captions
    learning_rate: float = 5e-4
    label_smoothing: float = 0.1
    word_dropout: float = 0.15  # share of the words read that are replaced by the unknown one
    ema: float = 0.999
    doubly_stochastic: float = 0.0  # weight of the penalty that wants every cell to be read
    exploration: float = 0.0  # weight of the entropy that hard attention keeps (reinforce)
    self_critical: int = 0  # captions sampled of a picture to raise their CIDEr-D, not to learn the training's; 0: off

    # decoding
    beam: int = 3
    length_penalty: float = 0.9  # the sum of log-probabilities is divided by words ** length_penalty
    no_repeated_ngram: int = 2  # no so many words follow each other twice; 0: any may

    @property
    def trains_encoder(self) -> bool:
        """Whether pictures, not their features, go through training."""
        return self.fine_tune or self.encoder == "small"

    def __post_init__(self):
        """Raises `ValueError`, one sentence, for settings that no model can be built or trained with."""
        super().__post_init__()
        self.check_choices(encoder=ENCODERS, architecture=ARCHITECTURES, estimator=ESTIMATORS)
        self.check_positive("max_words", "min_count", "most_words", "captions_per_image", "views")
        self.check_positive("width", "blocks", "heads", "hidden", "units", "beam")
        self.check_not_negative("grid_blocks", "doubly_stochastic", "exploration", "self_critical")
        self.check_not_negative("length_penalty", "no_repeated_ngram")
        self.check_shares("brightness", "dropout", "visual_dropout", "label_smoothing", "word_dropout")
        self.check(no_repeated_ngram=self.no_repeated_ngram != 1, image_size=32 <= self.image_size <= 1024)
        if self.width % self.heads:
            raise ValueError(f"width {self.width} does not divide by {self.heads} heads")
        if self.self_critical == 1:
            raise ValueError("self_critical compares captions of the same picture: sample 2 or more, or 0 for none")
        if self.self_critical and self.architecture == "hard" and self.estimator == "reinforce":
            raise ValueError("self_critical does not teach hard attention by reinforce: set estimator=straight_through")
        if self.self_critical and self.adversarial:
            raise ValueError("self_critical has no captions to attack: set adversarial=0")
        if self.brightness and self.views == 1:
            raise ValueError("brightness changes the other looks at a picture: set views=2 or more")
        if self.weights == "none" and not self.trains_encoder:
            raise ValueError("an encoder without weights must be trained: give weights, or fine_tune=true")


BASE = Config()
RECURRENT = replace(
    BASE, architecture="soft", grid_blocks=0, doubly_stochastic=1.0, epochs=12, views=1, dropout=0.1, ema=0.998
)
TINY = replace(
    BASE, encoder="small", weights="none", min_count=1, views=1, width=96, grid_blocks=0, blocks=1, heads=2, hidden=192,
    visual_dropout=0.0, word_dropout=0.0, dropout=0.0, label_smoothing=0.0, batch_size=32, learning_rate=2e-3, ema=0.99,
    epochs=16, no_repeated_ngram=0,  # its captions say "a small" twice
)  # fmt: skip
SELF_CRITICAL = replace(  # goes on from a trained model: --init
    BASE, self_critical=5, epochs=3, learning_rate=3e-5, warmup_epochs=0.2, ema=0.99, views=1,
    length_penalty=1.7,  # CIDEr-D hardly punishes short captions, so the model writes them
)  # fmt: skip

PRESETS = {
    "tiny": TINY,
    "base": BASE,
    "self_critical": SELF_CRITICAL,
    "sat_soft": RECURRENT,
    "sat_hard": replace(RECURRENT, architecture="hard", doubly_stochastic=0.0),
    "adaptive": replace(RECURRENT, architecture="adaptive", doubly_stochastic=0.0),
}
