"""A training by one process and by two, and one whose second process is killed and which is then resumed.

    python tests/benchmarks/processes [RECIPE ...] [--epochs N] [--set key=value ...]

Prints, for each recipe on its sample with the preset `tiny`, how far losses, scores and weights of two processes are
from those of one, and those of the resumed training from those of the uninterrupted one. The exit code is 1 where two
processes learn something else, or where a resumed training does not end bit for bit where it would have ended.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from joined_training import farthest, train, weights

RECIPES = ("least", "text_classification", "recommender")
TOLERANCE = 1e-3  # of losses and weights: sums in another order, in every step


def compared(recipe: str, epochs: int, settings: Sequence[str], top: Path) -> dict[str, Any]:
    """Trains one recipe in the three ways."""
    asked = [recipe, "--epochs", epochs, "--distribute", "data", *(["--set", *settings] if settings else []), "--out"]
    seconds = []
    for count in (1, 2):
        begun = time.monotonic()
        ended = train(count, [*asked, top / f"{count}"])
        seconds.append(time.monotonic() - begun)
        assert all(process.code == 0 for process in ended), ended[0].err + ended[-1].err
    half = steps_of(top / "1") // 2
    stopped = train(2, [*asked, top / "killed"], killed=1, kill_at=half)
    resumed = train(2, [*asked, top / "killed", "--resume"])
    assert all(process.code == 0 for process in resumed), resumed[0].err
    one, two, again = (top / name for name in ("1", "2", "killed"))
    both = list(zip(history(one), history(two), strict=True))
    return {
        "recipe": recipe,
        "epochs": epochs,
        "steps": steps_of(one),
        "losses": max(abs(a["loss"] - b["loss"]) for a, b in both),
        "scores": max(abs(a["score"] - b["score"]) for a, b in both),
        "weights": farthest(weights(one), weights(two)),
        "killed at": half,
        "first process": f"exit {stopped[0].code}: {stopped[0].err.strip().splitlines()[-1]}",
        "resumed": farthest(weights(two), weights(again)),
        "seconds": " / ".join(f"{value:.0f}" for value in seconds),
    }


def history(folder: Path) -> list[dict[str, float]]:
    return json.loads((folder / "card.json").read_text())["training"]["history"]


def steps_of(folder: Path) -> int:
    return json.loads((folder / "card.json").read_text())["training"]["steps"]


def passed(found: dict[str, Any]) -> bool:
    """Whether two processes learn what one learns, and a resumed training ends where it would have ended."""
    return max(found["losses"], found["weights"]) < TOLERANCE and found["resumed"] == 0.0


def main() -> int:
    parser = argparse.ArgumentParser(description="Trains by one process, by two, and by two of which one is killed.")
    parser.add_argument("recipes", nargs="*", metavar="RECIPE", help=f"default: {', '.join(RECIPES)}")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    found = []
    for recipe in options.recipes or RECIPES:
        with tempfile.TemporaryDirectory() as top:
            found.append(compared(recipe, options.epochs, options.set, Path(top)))
        if len(found) == 1:
            print("| " + " | ".join(found[0]) + " |\n" + "|---" * len(found[0]) + "|")
        shown = (f"{value:.2g}" if isinstance(value, float) else str(value) for value in found[-1].values())
        print("| " + " | ".join(shown) + " |", flush=True)
    return 0 if all(map(passed, found)) else 1


if __name__ == "__main__":
    sys.exit(main())
