"""The settings of training that every recipe has, and how settings are checked."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """Settings of a training run that each recipe adds its own to; shares are between 0 and 1."""

    epochs: int = 30
    batch_size: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    warmup_epochs: float = 1.0  # until the learning rate is reached
    # How long the worst small change of an example is, beside the example itself (L2 norms); half of each batch is
    # trained on with it (adversarial.py). 0: none.
    adversarial: float = 0.0
    ema: float = 0.99  # share of the weights' running average that stays in each step; 0: none is kept

    def __post_init__(self):
        """Raises `ValueError`, one sentence, for settings that no model can be built or trained with."""
        self.check_positive("epochs", "batch_size", "learning_rate")
        self.check_not_negative("weight_decay", "warmup_epochs", "adversarial")
        self.check_shares("ema")

    def check_choices(self, **choices: Sequence[str]) -> None:
        """Raises `ValueError` where a setting is none of its choices."""
        for name, known in choices.items():
            if getattr(self, name) not in known:
                raise ValueError(f"{name} is one of {', '.join(known)}, not {getattr(self, name)!r}")

    def check_positive(self, *names: str) -> None:
        """Raises `ValueError` for the first of these settings that is out of range, as all the following do."""
        self.check(**{name: getattr(self, name) > 0 for name in names})

    def check_not_negative(self, *names: str) -> None:
        """None less than 0."""
        self.check(**{name: getattr(self, name) >= 0 for name in names})

    def check_shares(self, *names: str) -> None:
        """From 0 to less than 1."""
        self.check(**{name: 0 <= getattr(self, name) < 1 for name in names})

    def check(self, **inside: bool) -> None:
        """Settings by name, and whether each is inside its range."""
        for name, right in inside.items():
            if not right:
                raise ValueError(f"{name}={getattr(self, name)} is out of range")
