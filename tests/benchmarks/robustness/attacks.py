"""How much a model loses when its input is changed a little in the worst way, and how far its attention moves.

    python tests/benchmarks/robustness/attacks.py RECIPE [--model FOLDER] [--data SOURCE] [--examples N] [--seed S]
        [--sizes SIZE ...]

Attacks know the model, its weights and the right answers. What they change is the log-mel features of speech, the grid
that the encoder of pictures gives, the embeddings of tokens, and those of the actions of a history; no number of it by
more than the size of the attack times the root mean square of the example (L-infinity). FGSM takes one step along the
sign of the gradient (Goodfellow et al. 2015, arXiv:1412.6572); PGD takes ten from a random start and keeps the worst
point it saw (Madry et al. 2018, arXiv:1706.06083); `random` changes every number by that much, up or down by chance.

Without `--model` it is the shipped one, and its data the sample; otherwise the data is by default that of the training.
The examples are of the validation split. It prints a markdown table: the
score (accuracy; NDCG@10 of the recommender's network, without its counted tables; of what writes, the share of next
words that are right by teacher forcing), the mean loss, the share of answers that changed, and the mean total variation
distance (0 to 1) between the attention before and after, of answers that stayed and of those that changed.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from attack_subjects import Subject, subject_of
from keras import ops
from shipped import shipped

from heedful.recipes.shared.network.fixed_batches import in_fixed_batches
from heedful.recipes.shared.training.adversarial import input_gradient
from heedful.recipes.suite.discovery import recipe as recipe_of
from heedful.recipes.suite.saved import Saved, open_saved

SIZES = (0.02, 0.05, 0.1)
STEPS = 10
BATCH = 32
HEAD = "| attack | size | score | loss | answers changed | attention moved | of the same answer | of another |"

Gradient = Callable[..., Any]  # of x, rows: the gradient of the losses with respect to x


def random_change(subject: Subject, size: float, random: np.random.Generator) -> np.ndarray:
    """Every number changed by the most that is allowed, up or down by chance."""
    return subject.x + subject.radius(size) * random.choice([-1.0, 1.0], subject.x.shape).astype(np.float32)


def fgsm(subject: Subject, size: float, gradient: Gradient) -> np.ndarray:
    """One step along the sign of the gradient."""
    return subject.x + subject.radius(size) * np.sign(gradient(subject.x))


def pgd(
    subject: Subject, size: float, gradient: Gradient, loss: Callable[[np.ndarray], np.ndarray],
    random: np.random.Generator, steps: int = STEPS,
) -> np.ndarray:  # fmt: skip
    """Steps of a quarter of the way along the sign of the gradient, from a random point, each brought back into what is
    allowed; of each example the point of the greatest loss.
    """
    radius = subject.radius(size)
    at = subject.x + radius * random.uniform(-1, 1, subject.x.shape).astype(np.float32)
    worst, most = at, loss(at)
    for _ in range(steps):
        at = np.clip(at + 0.25 * radius * np.sign(gradient(at)), subject.x - radius, subject.x + radius)
        now = loss(at)
        worst = np.where((now > most).reshape(-1, *[1] * (at.ndim - 1)), at, worst)
        most = np.maximum(now, most)
    return worst


class Attacker:
    """A subject's gradient, and what its model answers to any input in place of `subject.x`, compiled once."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject

        def gradient(x, *rows):
            return input_gradient(lambda x: subject.run(x, *rows)["loss"], x)

        self._gradient, self._run = compiled(gradient), compiled(subject.run)

    def gradient(self, x: np.ndarray) -> np.ndarray:
        return in_fixed_batches(self._gradient, [x, *self.subject.rows], BATCH)

    def run(self, x: np.ndarray) -> dict[str, np.ndarray]:
        return in_fixed_batches(self._run, [x, *self.subject.rows], BATCH)

    def loss(self, x: np.ndarray) -> np.ndarray:
        return self.run(x)["loss"]

    def attack(self, name: str, size: float, random: np.random.Generator) -> np.ndarray:
        if name == "random":
            return random_change(self.subject, size, random)
        if name == "FGSM":
            return fgsm(self.subject, size, self.gradient)
        return pgd(self.subject, size, self.gradient, self.loss, random)


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of arrays, compiled by the backend where that compiles."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        inner: Any = tf.function(function)
    elif backend == "jax":
        import jax

        inner = jax.jit(function)
    else:
        inner = function
    return lambda *arrays: inner(*map(ops.convert_to_tensor, arrays))


def attacked(
    recipe: str, saved: Saved, data: Any, examples: int, seed: int, sizes: Sequence[float] = SIZES
) -> list[dict[str, Any]]:
    """A row for the clean examples and one for each attack and size."""
    attacker = Attacker(subject_of(recipe, saved, data, examples))
    clean = attacker.run(attacker.subject.x)
    rows = [{"attack": "none", "size": 0.0, **compared(clean, clean)}]
    for name in ("random", "FGSM", "PGD"):
        for size in sizes:
            x = attacker.attack(name, size, np.random.default_rng(seed))
            rows.append({"attack": name, "size": size, **compared(clean, attacker.run(x))})
    return rows


def compared(clean: dict[str, np.ndarray], after: dict[str, np.ndarray]) -> dict[str, float]:
    """What the answers `after` an attack are worth, and how they and their attention differ from the `clean` ones."""
    counted = clean["counted"]
    moved = 0.5 * np.abs(after["attention"] - clean["attention"]).sum(axis=-1)
    differ = after["answer"] != clean["answer"]

    def mean(values: np.ndarray, where: np.ndarray) -> float:
        return float(values[where].mean()) if where.any() else float("nan")

    return {
        "score": mean(after["right"], counted),
        "loss": float(after["loss"].sum() / counted.sum()),
        "changed": mean(differ, counted),
        "moved": mean(moved, counted),
        "moved_same": mean(moved, counted & ~differ),
        "moved_changed": mean(moved, counted & differ),
    }


def line(row: dict[str, Any]) -> str:
    """A row of the table."""
    moved = ("-" if np.isnan(row[name]) else f"{row[name]:.3f}" for name in ("moved", "moved_same", "moved_changed"))
    return (
        f"| {row['attack']} | {row['size']:g} | {100 * row['score']:.1f} | {row['loss']:.3f} | "
        f"{100 * row['changed']:.1f} % | {' | '.join(moved)} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="A model under attack, in a table.")
    parser.add_argument("recipe")
    parser.add_argument("--model", type=Path, metavar="FOLDER", help="default: the shipped one")
    parser.add_argument("--data", nargs="+", metavar="SOURCE", help="default: that of the training")
    parser.add_argument("--examples", type=int, default=256, metavar="N", help="at most (default 256)")
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    parser.add_argument("--sizes", type=float, nargs="+", default=SIZES, metavar="SIZE")
    options = parser.parse_args()
    recipe = recipe_of(options.recipe)
    folder = options.model or shipped(options.recipe)
    saved = open_saved(recipe, folder)
    trained = saved.card["data"]["source"] if options.model else "sample"
    source = "\n".join(options.data) if options.data else trained
    data = recipe.data.load(
        source, saved.config, data_dir=saved.card["data_dir"], evaluating=saved.knowledge,
        columns=None if options.data or not options.model else saved.columns,
    )  # fmt: skip
    rows = attacked(options.recipe, saved, data, options.examples, options.seed, options.sizes)
    count = min(options.examples, len(data.split("validation")))
    print(f"{options.recipe}, {folder}: {count} validation examples of {source}, seed {options.seed}\n")
    print(HEAD + "\n" + "|---|" + "---:|" * (HEAD.count("|") - 2))
    print("\n".join(map(line, rows)))


if __name__ == "__main__":
    main()
