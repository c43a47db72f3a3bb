"""The optimizer that every recipe trains with."""

from collections.abc import Sequence

import keras

from heedful.recipes.shared.training.schedule import Schedule


def build_optimizer(
    config: Schedule, steps_per_epoch: int, no_decay: Sequence[str] = ("bias", "gamma", "beta")
) -> keras.optimizers.Optimizer:
    """AdamW with warm-up, cosine decay and a running average of the weights (none for `ema` 0).

    Weights whose name contains one of `no_decay` do not decay.
    """
    total, warmup = config.epochs * steps_per_epoch, round(config.warmup_epochs * steps_per_epoch)
    warmup = max(1, min(warmup, total // 2))
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, max(1, total - warmup), warmup_target=config.learning_rate, warmup_steps=warmup
    )
    average = {"use_ema": config.ema > 0, "ema_momentum": config.ema or 0.99}
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=config.weight_decay, global_clipnorm=1.0, **average)
    optimizer.exclude_from_weight_decay(var_names=list(no_decay))
    return optimizer
