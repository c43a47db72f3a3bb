"""The settings of training that all recipes share: which values they may have."""

from dataclasses import dataclass, replace

import pytest

from heedful.recipes.shared.training.schedule import Schedule


@dataclass(frozen=True)
class Config(Schedule):
    epochs: int = 3
    kind: str = "left"
    share: float = 0.5
    low: int = 2

    def __post_init__(self):
        super().__post_init__()
        self.check_choices(kind=("left", "right"))
        self.check_shares("share")
        self.check(low=self.low <= self.epochs)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 0}, "epochs=0 is out of range"),
        ({"batch_size": -1}, "batch_size=-1 is out of range"),
        ({"learning_rate": 0.0}, r"learning_rate=0\.0 is out of range"),
        ({"weight_decay": -0.5}, r"weight_decay=-0\.5 is out of range"),
        ({"warmup_epochs": -1.0}, r"warmup_epochs=-1\.0 is out of range"),
        ({"ema": 1.0}, r"ema=1\.0 is out of range"),
        ({"share": -0.1}, r"share=-0\.1 is out of range"),
        ({"low": 4}, "low=4 is out of range"),
        ({"kind": "up"}, "kind is one of left, right, not 'up'"),
    ],
)
def test_settings_out_of_range_are_named(changes, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        replace(Config(), **changes)


def test_the_ends_of_the_ranges_are_inside():
    config = Config(epochs=1, batch_size=1, weight_decay=0.0, warmup_epochs=0.0, ema=0.0, share=0.0, low=1)
    assert replace(config, kind="right", low=-1).epochs == 1
