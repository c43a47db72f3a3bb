"""Every setting of the recipe."""

from dataclasses import dataclass, replace

from heedful.recipes.shared.training.schedule import Schedule


@dataclass(frozen=True)
class Config(Schedule):
    width: int = 16
    epochs: int = 4
    batch_size: int = 32
    learning_rate: float = 1e-2


BASE = Config()
PRESETS = {"tiny": replace(BASE, width=8), "base": BASE}
