"""Every setting of the recommender in one frozen dataclass, and the presets that fill it."""

from dataclasses import dataclass, replace

from heedful.recipes.recommender.reading.weighing import STRENGTHS, weights_of_events
from heedful.recipes.shared.training.schedule import Schedule

LOSSES = ("softmax", "bce")
SELECTIONS = ("recommend", "rank")
REPEATS = ("allow", "forbid", "auto")
SPLITS = ("leave_one_out", "time")


@dataclass(frozen=True)
class Config(Schedule):
    """Settings of one training run; shares are between 0 and 1."""

    # data
    items: str = ""  # items file; empty: the one that lies beside the interactions, if any
    features: str = ""  # what is told of the items and is used, "brand,price": all that says something, or "none"
    core: int = 0  # keep users and items with at least so many interactions each; 0: all
    minimum_rating: float = 0.0  # interactions with a lower rating are left out
    events: str = ""  # what the types of events weigh, "view:1,cart:3,buy:5"; others are left out. Empty: all alike
    strength: str = ""  # "rating": an action weighs its rating besides; one of STRENGTHS
    repeats: str = "auto"  # whether items of the history may be recommended, one of REPEATS; auto: as in the data
    split: str = "leave_one_out"  # or by two moments that hold for everybody, "time": one of SPLITS

    # next-item model
    length: int = 200  # past actions that the model looks at
    width: int = 64
    blocks: int = 2
    heads: int = 2
    hidden: int = 256
    dropout: float = 0.2
    distances: bool = True  # whether its attention knows how far back an action lies, besides its position
    times: bool = False  # whether it is told when the actions were, and when it is asked
    item_dropout: float = 0.01  # share of items that a training step treats as unknown ones
    titles: bool = True  # whether the words that titles share are features of the items

    # counting
    spectral: bool = True  # whether item vectors start from counted neighbours
    neighbours: int = 50  # best entries of each item in the counted tables that help the model; 0: no tables

    # ranker of given candidates
    ranker_length: int = 50
    ranker_width: int = 32
    ranker_units: tuple[int, ...] = (32,)  # of the local activation unit
    ranker_hidden: tuple[int, ...] = (64, 32)
    ranker_negatives: int = 4  # for each item that was taken
    ranker_weight: float = 1.0  # of its loss beside that of the next-item model
    ranker_trains_items: bool = False  # whether its gradient reaches the item table

    # exported file
    top: int = 50  # recommendations that the graph returns
    diversity: float = 0.0  # below 1: weight of being unlike the others of the list beside being likely; 0: none
    candidates: int = 100  # that it ranks at once

    # training
    loss: str = "softmax"  # one of LOSSES
    negatives: int = 1000  # shared by a batch where the catalogue is larger than full_softmax
    full_softmax: int = 20000
    batch_size: int = 32  # sequences of full length; of shorter ones there are as many more
    weight_decay: float = 0.0
    select_by: str = "recommend"  # what decides which epoch is best, one of SELECTIONS

    def __post_init__(self):
        """Raises `ValueError`, one sentence, for settings that no model can be built or trained with."""
        super().__post_init__()
        weights_of_events(self.events)
        self.check_choices(strength=STRENGTHS, loss=LOSSES, select_by=SELECTIONS, repeats=REPEATS, split=SPLITS)
        self.check_positive("length", "width", "blocks", "heads", "hidden", "negatives", "top", "candidates")
        self.check_positive("ranker_length", "ranker_width", "ranker_negatives")
        self.check_not_negative("core", "ranker_weight", "full_softmax")
        self.check_shares("dropout", "item_dropout", "diversity")
        self.check(**{name: min(getattr(self, name), default=0) > 0 for name in ("ranker_units", "ranker_hidden")})
        if self.width % self.heads:
            raise ValueError(f"width {self.width} does not divide by {self.heads} heads")
        if self.ranker_length > self.length:
            raise ValueError(f"ranker_length {self.ranker_length} is more than length {self.length}")


BASE = Config()

PRESETS = {
    "tiny": replace(
        BASE, length=50, heads=4, hidden=128, dropout=0.1, ranker_length=30, ranker_width=16, ranker_units=(16,),
        ranker_hidden=(32,), top=20, candidates=50, epochs=12, batch_size=16, learning_rate=3e-3,
    ),
    # Without the decay, rare items of a large catalogue are learnt by heart.
    "base": replace(BASE, weight_decay=0.1, epochs=24),
    # A few actions each of many people: one block, more dropout, and a softmax over a thousand items at a time.
    "sparse": replace(
        BASE, length=50, blocks=1, heads=1, dropout=0.3, full_softmax=0, batch_size=128, weight_decay=0.1, epochs=24,
    ),
    # Kang and McAuley (2018, arXiv:1808.09781): binary cross-entropy against one negative.
    "sasrec": replace(
        BASE, width=50, heads=1, hidden=50, distances=False, item_dropout=0.0, titles=False, loss="bce", epochs=40,
        ema=0.0, spectral=False, neighbours=0,
    ),
    # Zhou et al. (2018, arXiv:1706.06978): the ranker at the paper's sizes, which trains the item table itself.
    "din": replace(
        BASE, length=50, blocks=1, ranker_length=50, ranker_width=64, ranker_units=(80, 40), ranker_hidden=(200, 80),
        ranker_trains_items=True, ranker_weight=4.0, epochs=30, select_by="rank", titles=False, spectral=False,
        neighbours=0,
    ),
}  # fmt: skip
