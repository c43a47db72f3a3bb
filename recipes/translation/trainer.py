"""The training model: translations by teacher forcing."""

from heedful.recipes.shared.training.writing_loss import build_trainer as build_trainer
